"""`completion`: what a shell sources so that Tab completes commands, options and remote paths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
from click.shell_completion import ShellComplete, split_arg_string

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["answers", "completion"]

_BASH = """\
_{name}_completion() {{
    local IFS=$'\\n' kind value options=+o
    COMPREPLY=()
    while IFS=$'\\t' read -r kind value _; do
        case "$kind" in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            *) COMPREPLY+=("$value"); [ "$kind" = remote ] && options=-o ;;
        esac
    done < <(command "$1" completion bash --line "${{COMP_LINE:0:COMP_POINT}}" --breaks "$COMP_WORDBREAKS" 2>/dev/null)
    compopt "$options" filenames  # readline then quotes what needs it
    if [ ${{#COMPREPLY[@]}} -eq 1 ] && [ "${{COMPREPLY[0]%/}}" != "${{COMPREPLY[0]}}" ]; then compopt -o nospace; fi
}}
complete -o nosort -F _{name}_completion {program}
"""

_ZSH = """\
#compdef {program}
_{name}_completion() {{
    local kind value text
    local -a folders others described
    while IFS=$'\\t' read -r kind value text; do
        case "$kind" in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            *)
                if [[ "$value" == */ ]]; then folders+=("$value")
                elif [[ -n "$text" ]]; then described+=("${{value//:/\\\\:}}:$text")
                else others+=("$value"); fi ;;
        esac
    done < <(command {program} completion zsh --line "${{BUFFER[1,CURSOR]}}" 2>/dev/null)
    (( ${{#described}} )) && _describe -V unsorted described -U
    (( ${{#folders}} )) && compadd -U -V unsorted -S '' -a folders
    (( ${{#others}} )) && compadd -U -V unsorted -a others
    return 0
}}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _{name}_completion "$@"; else compdef _{name}_completion {program}; fi
"""

_FISH = """\
function _{name}_completion
    for answer in (command {program} completion fish --line (commandline -cp | string collect) 2>/dev/null)
        set -l parts (string split \\t -- $answer)
        switch $parts[1]
            case dir
                __fish_complete_directories (commandline -ct)
            case file
                __fish_complete_path (commandline -ct)
            case '*'
                string join \\t -- $parts[2..]
        end
    end
end
complete --no-files --keep-order --command {program} --arguments "(_{name}_completion)"
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


@click.command()
@click.argument("shell", type=click.Choice(list(_SCRIPTS)))
@click.option("--line", hidden=True, help="What was typed, to the cursor: answer what could come.")
@click.option("--breaks", hidden=True, default="", help="Where bash splits words besides at spaces.")
@click.pass_context
def completion(ctx: click.Context, shell: str, line: str | None, breaks: str) -> None:
    """Print what makes Tab complete commands, options, and paths of the storage in SHELL.

    Only looks: a folder of the storage is listed when Tab is pressed behind its slash.

    \b
    To use it, add this to ~/.bashrc, to ~/.zshrc (after compinit), or to ~/.config/fish/config.fish:
      eval "$(cta-data completion bash)"
      eval "$(cta-data completion zsh)"
      cta-data completion fish | source
    """  # noqa: D301
    program = ctx.find_root().info_name or "ctadata-jlab"
    if line is None:
        click.echo(_SCRIPTS[shell].format(program=program, name=re.sub(r"\W", "_", program)), nl=False)
        return
    for answer in answers(ctx.find_root().command, line, breaks):
        click.echo(answer)


def answers(program: click.Command, line: str, breaks: str = "") -> Iterator[str]:
    """Yield what could complete *line*: kind, value and help with tabs between them; values begin behind the last of bash's *breaks*."""
    words = split_arg_string(line + "|")[1:]  # the mark tells a word that is finished from one that is not
    *whole, incomplete = words or [""]
    incomplete = incomplete.removesuffix("|")
    cut = max((incomplete.rfind(char) for char in breaks if char in ":=@"), default=-1) + 1
    for item in ShellComplete(program, {}, "", "").get_completions(whole, incomplete):
        value = item.value if item.type in {"dir", "file"} else item.value[cut:]
        yield "\t".join((item.type, value, (item.help or "").replace("\t", " ")))
