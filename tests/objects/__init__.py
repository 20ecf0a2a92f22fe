"""Object stores: S3 and Onedata, and OSCAR, whose services use them."""
