"""A double of FirecREST v2 over a real folder and a real S3 server; the field's own client is run against it as well."""
