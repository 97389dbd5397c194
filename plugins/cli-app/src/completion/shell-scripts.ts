/** Scripts that ask `docker __complete` for what can be typed; each shell falls back to file names where there is nothing. */
export const shellScripts: Readonly<Record<string, string>> = {
  bash: `# bash completion for docker: source <(docker completion bash)
_docker_complete() {
    local cur words cword line
    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n =: cur words cword
    else
        cur=\${COMP_WORDS[COMP_CWORD]} words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD
    fi
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("\${line%%$'\\t'*}")
    done < <("\${words[0]}" __complete "\${words[@]:1:cword}" 2>/dev/null)
    if declare -F __ltrim_colon_completions >/dev/null; then
        __ltrim_colon_completions "$cur"
    fi
}
complete -o default -F _docker_complete docker
`,
  zsh: `#compdef docker
# zsh completion for docker: source <(docker completion zsh)
_docker() {
    local line
    local -a items
    while IFS= read -r line; do
        items+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${\${line#*$'\\t'}}")
    done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( \${#items} )); then
        _describe docker items
    else
        _files
    fi
}
if [ "$funcstack[1]" = "_docker" ]; then
    _docker
else
    compdef _docker docker
fi
`,
  fish: `# fish completion for docker: docker completion fish | source
function __docker_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (command $words[1] __complete $words[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c docker -f -a '(__docker_complete)'
`,
};
