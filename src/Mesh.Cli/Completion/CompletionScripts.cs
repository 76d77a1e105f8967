namespace Mesh.Cli.Completion;

/// <summary>Scripts that teach a shell to complete <c>mesh</c>: they hand the words so far to <c>mesh complete</c>, so they never become stale.</summary>
internal static class CompletionScripts
{
    /// <summary>By the name of the shell.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>(StringComparer.Ordinal) { ["bash"] = Bash, ["zsh"] = Zsh, ["fish"] = Fish };

    // Bash cuts words also at = and :, and wants back only what follows them.
    private const string Bash = """
        # Completion of mesh for bash. For good: mesh completion bash > ~/.local/share/bash-completion/completions/mesh
        # For this shell alone: source <(mesh completion bash)
        _mesh() {
            local -a words=()
            local rest=${COMP_LINE:0:COMP_POINT} word text about i
            for ((i = 0; i <= COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then
                    rest=${rest#"${rest%%[![:space:]]*}"}
                    words+=("$word")
                else
                    words[${#words[@]} - 1]+=$word
                fi
                rest=${rest#"$word"}
            done
            local current=${words[${#words[@]} - 1]} kept= path
            if [[ $current == *[=:]* ]]; then kept=${current%"${current##*[=:]}"}; fi
            path=${current##*=}
            COMPREPLY=()
            while IFS=$'\t' read -r text about; do
                case $text in
                    :files) compopt -o filenames 2>/dev/null; while IFS= read -r text; do COMPREPLY+=("$text"); done < <(compgen -f -- "$path") ;;
                    :folders) compopt -o filenames 2>/dev/null; while IFS= read -r text; do COMPREPLY+=("$text"); done < <(compgen -d -- "$path") ;;
                    ?*) COMPREPLY+=("${text#"$kept"}") ;;
                esac
            done < <("$1" complete -- "${words[@]:1}" 2>/dev/null)
        }
        complete -F _mesh mesh

        """;

    private const string Zsh = """
        #compdef mesh
        # Completion of mesh for zsh. For good: mesh completion zsh > a folder of $fpath, as _mesh
        # For this shell alone: source <(mesh completion zsh)
        _mesh() {
            local -a found=()
            local line text about files= folders=
            while IFS= read -r line; do
                text=${line%%$'\t'*}
                about=${line#*$'\t'}
                case $text in
                    :files) files=1 ;;
                    :folders) folders=1 ;;
                    ?*) found+=("${text//:/\\:}:$about") ;;
                esac
            done < <("${words[1]}" complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)
            if [[ $PREFIX == -* ]]; then (( ${#found} )) && _describe -o 'option' found; else (( ${#found} )) && _describe 'mesh' found; fi
            [[ $PREFIX == --*=* ]] && compset -P '*='
            [[ -n $files ]] && _files
            [[ -n $folders ]] && _files -/
            return 0
        }
        if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _mesh "$@"; else compdef _mesh mesh; fi

        """;

    private const string Fish = """
        # Completion of mesh for fish. For good: mesh completion fish > ~/.config/fish/completions/mesh.fish
        # For this shell alone: mesh completion fish | source
        function __mesh_complete
            set -l words (commandline -opc)
            set -l current (commandline -ct)
            set -l command $words[1]
            set -e words[1]
            for line in ($command complete -- $words "$current" 2>/dev/null)
                switch $line
                    case ':files*'
                        __fish_complete_path (string replace -r '^--[^=]*=' '' -- "$current")
                    case ':folders*'
                        __fish_complete_directories (string replace -r '^--[^=]*=' '' -- "$current")
                    case '*'
                        echo $line
                end
            end
        end
        complete -c mesh -f -a '(__mesh_complete)'

        """;
}
