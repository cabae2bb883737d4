/**
 * The scripts that make a shell complete `cd-helper`. Each asks the program itself (`__complete`), so a script never
 * gets out of date.
 */
export const COMPLETION_SCRIPTS = {
  bash: `# cd-helper completion bash; in ~/.bashrc: source <(cd-helper completion bash)
_cd_helper() {
  local line
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    COMPREPLY+=("$line")
  done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _cd_helper cd-helper
`,
  zsh: `#compdef cd-helper
# cd-helper completion zsh; in ~/.zshrc, after compinit: source <(cd-helper completion zsh)
_cd_helper() {
  local -a found
  local line
  for line in "\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n "$line" ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#found} )); then _describe 'cd-helper' found; else _files; fi
}
compdef _cd_helper cd-helper
`,
  fish: `# cd-helper completion fish; as ~/.config/fish/completions/cd-helper.fish
function __cd_helper_complete
  set -l words (commandline -opc)
  set -e words[1]
  cd-helper __complete -- $words (commandline -ct) 2>/dev/null
end
complete -c cd-helper -f -a '(__cd_helper_complete)'
complete -c cd-helper -n '__fish_seen_subcommand_from explain' -F
complete -c cd-helper -l config -rF
`,
} as const;

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
