# Ohai: copy to /etc/chef/ohai/plugins/linuxready.rb. The attribute `linuxready` is what linuxready has cached.
require "json"

Ohai.plugin(:Linuxready) do
  provides "linuxready"

  collect_data(:linux) do
    linuxready JSON.parse(shell_out("/etc/ansible/facts.d/linuxready.fact").stdout.force_encoding("UTF-8"))
  end
end
