# Who may log in here, and become root? The bootstrap takes this text in, and each function may be asked for alone.
# Nothing here closes a log-in for good: what nobody confirms in time is taken back by the host itself.
# shellcheck shell=sh disable=SC2154,SC2317,SC2329

user=@SSH_USER@
dropin=/etc/ssh/sshd_config.d/00-slipway.conf # the first word counts, so before what cloud-init writes
before=/etc/slipway/logins-before
take_back=/etc/slipway/take-back-logins
units=/etc/systemd/system/slipway-logins
PATH=$PATH:/usr/sbin:/sbin

make_user() {
  step "user $user"
  if ! id "$user" >/dev/null 2>&1; then
    set -- --create-home --shell /bin/bash
    if getent group "$user" >/dev/null; then set -- "$@" --gid "$user"; fi
    useradd "$@" "$user" 2>"$scratch/useradd" ||
      fail "the user $user cannot be made" "$(tail -n 1 "$scratch/useradd")" 'set another SSH_USER in .env'
  fi
  allow_sudo
}

allow_sudo() { # a file for each user: who deploys as another one takes nobody's rule away
  command -v sudo >/dev/null || add sudo
  case $user in *[@+]*) name="\"$user\"" ;; *) name=$user ;; esac
  rule=/etc/sudoers.d/slipway-$(printf '%s' "$user" | tr . ,) # sudo reads no file with a dot in its name
  printf '%s ALL=(ALL) NOPASSWD:ALL\n' "$name" >"$scratch/rule"
  visudo -cqf "$scratch/rule" 2>"$scratch/visudo" ||
    fail "sudo refuses a rule for $user" "$(tail -n 1 "$scratch/visudo")" 'set another SSH_USER in .env'
  # Earlier versions had one file for whoever deployed last.
  if cmp -s "$scratch/rule" /etc/sudoers.d/slipway && [ ! -e "$rule" ]; then mv /etc/sudoers.d/slipway "$rule"; fi
  if visudo -cq >/dev/null 2>&1; then others=right; else others=wrong; fi
  put 440 "$rule" <"$scratch/rule" || return 0
  if [ "$others" = right ] && ! visudo -cq 2>"$scratch/visudo"; then
    rm -f "$rule"
    fail "sudo refuses the rule for $user beside its others" "$(tail -n 1 "$scratch/visudo")" 'visudo -c'
  fi
}

effective() { # effective NAME FROM: what sshd's configuration means for this user
  sshd -T -C "user=$1,host=${2:-localhost},addr=${2:-127.0.0.1}" 2>/dev/null
}

look_at_logins() { # look_at_logins [FROM [NAME]]: what decides who gets in, for one user or all who have a way
  mkdir -p /run/sshd
  sshd -T 2>/dev/null | sed -n 's/^\(permitrootlogin\|passwordauthentication\|kbdinteractiveauthentication\) /common=&/p'
  awk '/^passwd:/ { for (i = 2; i <= NF; i++) if ($i !~ /^(files|compat|systemd|\[.*)$/) print "elsewhere=" $i }' \
    /etc/nsswitch.conf 2>/dev/null || true
  passwd -S -a >"$scratch/passwords" 2>/dev/null || true
  { if [ -n "${2:-}" ]; then getent passwd "$2" || true; else cat /etc/passwd; fi; } >"$scratch/accounts"
  while IFS=: read -r name _ uid _ _ home _; do
    look_at_account "${1:-}" "${2:-}"
  done <"$scratch/accounts"
}

look_at_account() { # look_at_account FROM ASKED
  password=$(awk -v name="$name" '$1 == name { print $2 }' "$scratch/passwords")
  effective "$name" "$1" >"$scratch/effective" || true
  look_at_keys >"$scratch/keys"
  if [ "$name" != "$2" ] && [ ! -s "$scratch/keys" ]; then
    case $password in P | NP) ;; *) [ "$uid" -eq 0 ] || return 0 ;; esac
  fi
  printf 'account=%s\nuid=%s\ngroups=%s\npassword=%s\n' "$name" "$uid" "$(id -Gn "$name" 2>/dev/null)" "$password"
  sed -n 's/^\(permit\|password\|kbd\|pubkey\|authenticationmethods\|allow\|deny\|authorizedkeys\|trusted\|usepam\)/sshd=&/p' \
    "$scratch/effective"
  cat "$scratch/keys"
}

look_at_keys() { # of the account at hand, in every file that sshd asks
  files=$(sed -n 's/^authorizedkeysfile //p' "$scratch/effective")
  for file in ${files:-.ssh/authorized_keys}; do
    [ "$file" != none ] || continue
    file=$(printf '%s' "$file" | sed -e "s|%h|$home|g" -e "s|%u|$name|g" -e "s|%U|$uid|g" -e 's|%%|%|g')
    case $file in /*) ;; *) file=$home/$file ;; esac
    if [ -s "$file" ] || [ "$name" = "$user" ]; then
      printf 'file=%s %s\n' "$file" "$(base64 -w 0 <"$file" 2>/dev/null || true)"
    fi
  done
}

add_key() { # add_key FILE TEXT: append the text; owner, mode and links of a file that is there stay
  home=$(readlink -m "$(getent passwd "$user" | cut -d : -f 6)")
  real=$(readlink -m "$1")
  folder=$(dirname "$real")
  case $real in
  "$home"/*) mine=yes ;;
  *) mine=no ;;
  esac
  if [ -L "$1" ] && [ "$mine" = no ]; then
    fail "the key cannot be added for $user" "$1 leads to $real, outside of its home: others may share it" \
      "add your public key to $real, then run the same command again"
  fi
  if [ ! -e "$folder" ]; then
    install -d -m 755 "$folder" || unwritable "$folder"
    [ "$mine" = no ] || { chmod 700 "$folder" && chown "$user:" "$folder"; }
  fi
  if [ ! -e "$real" ]; then
    : >"$real" || unwritable "$real"
    if [ "$mine" = yes ]; then chmod 600 "$real" && chown "$user:" "$real"; else chmod 644 "$real"; fi
  fi
  printf '%s' "$2" >>"$real" || unwritable "$real"
  [ "$mine" = yes ] || return 0
  # sshd reads it as the user, and refuses what others may write.
  setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups test -r "$real" || chown "$user:" "$folder" "$real"
  chmod go-w "$folder" "$real"
}

explain_login() { # explain_login FROM: what sshd said a moment ago, and what holds for the user
  journalctl -q -t sshd -t sshd-session -t sshd-auth --since -90s -o cat >"$scratch/said" 2>/dev/null || true
  [ -s "$scratch/said" ] || tail -n 60 /var/log/auth.log >"$scratch/said" 2>/dev/null || true
  tail -n 60 "$scratch/said" | sed 's/^/said=/'
  look_at_logins "${1:-}" "$user"
}

closed_logins() {
  cat <<'CONF'
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
PermitEmptyPasswords no
X11Forwarding no
CONF
}

close_logins() { # close_logins SECONDS: passwords and root are out, and in again unless that is confirmed in time
  step 'SSH without passwords and root'
  command -v sshd >/dev/null || fail 'log-ins cannot be closed' 'the SSH server here is not OpenSSH' \
    'run the same command without --close-logins'
  closed_logins >"$scratch/closed"
  if cmp -s "$scratch/closed" "$dropin" && [ ! -e "$take_back" ]; then return 0; fi
  mkdir -p /etc/slipway /run/sshd
  if [ ! -e "$take_back" ]; then
    rm -f "$before"
    [ ! -f "$dropin" ] || cp -p "$dropin" "$before"
  fi
  arm "$1"
  put 644 "$dropin" <"$scratch/closed" || true
  if ! sshd -t 2>"$scratch/sshd"; then
    sh "$take_back"
    fail 'sshd refuses its configuration' "$(head -n 1 "$scratch/sshd")" 'sshd -t'
  fi
  effective root '' >"$scratch/effective" || true
  if ! grep -qx 'permitrootlogin no' "$scratch/effective"; then
    sh "$take_back"
    fail 'sshd would still let root in' "a Match block says otherwise, or /etc/ssh/sshd_config does not include $dropin" \
      'sshd -T -C user=root,host=localhost,addr=127.0.0.1'
  fi
  sync -f "$dropin" || true # a power cut must not leave it closed without its way back
  reload_ssh
}

reload_ssh() { systemctl reload ssh 2>/dev/null || systemctl try-restart ssh; }

arm() { # arm SECONDS: have the host open the log-ins again after that time, counted anew from a boot
  put 700 "$take_back" <<SCRIPT || true
#!/bin/sh
# Nobody confirmed in time that they can still log in: SSH lets in again whom it let in before. May be cut and run again.
if [ -e $before ]; then cp -p $before $dropin.slipway-new && mv -f $dropin.slipway-new $dropin; else rm -f $dropin; fi
systemctl reload ssh 2>/dev/null || systemctl try-restart ssh
systemctl disable --now slipway-logins.timer 2>/dev/null
rm -f $units.timer $units.service $take_back $before
systemctl daemon-reload
echo 'slipway: nobody confirmed that they can log in: SSH lets in again whom it let in before'
SCRIPT
  put 644 "$units.service" <<UNIT || true
[Unit]
Description=Open the log-ins again that Slipway closed and nobody confirmed

[Service]
Type=oneshot
ExecStart=/bin/sh $take_back
UNIT
  put 644 "$units.timer" <<UNIT || true
[Unit]
Description=The time in which somebody has to confirm that they can still log in

[Timer]
OnActiveSec=$1
AccuracySec=1s

[Install]
WantedBy=timers.target
UNIT
  systemctl daemon-reload
  systemctl enable slipway-logins.timer 2>/dev/null
  systemctl restart slipway-logins.timer
}

confirm_logins() { # somebody has come in since they were closed: so they stay closed
  systemctl disable --now slipway-logins.timer 2>/dev/null || true
  closed_logins >"$scratch/closed"
  cmp -s "$scratch/closed" "$dropin" || fail 'the log-ins were opened again before that' 'nobody had confirmed in time' \
    'run the same command again'
  rm -f "$units.timer" "$units.service" "$take_back" "$before"
  systemctl daemon-reload
}

take_back_logins() { [ ! -e "$take_back" ] || sh "$take_back"; }
