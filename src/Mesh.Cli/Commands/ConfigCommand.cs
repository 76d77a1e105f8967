using System.CommandLine;
using Mesh.Cli.Output;
using Mesh.Commands.Configuration;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh config show</c>: every setting, its value and where it came from.</summary>
internal static class ConfigCommand
{
    public static Command Create() => new("config", "The settings of this machine, as a server started here would have them.") { Show() };

    private static Command Show()
    {
        var prefix = new Argument<string?>("NAME") { Description = "Only settings whose names begin so, such as kafka.", Arity = ArgumentArity.ZeroOrOne };
        prefix.CompletionSources.Add(_ => SettingKeys.All.Select(key => new System.CommandLine.Completions.CompletionItem(key.Name)));
        var changed = new Option<bool>("--changed") { Description = "Only those that a variable or the file sets." };
        var (config, json) = (CommonOptions.Config(), CommonOptions.Json());
        var command = new Command("show", "Every setting, its value here, and where the value came from. Secrets are only said to be set.") { prefix, changed, config, json };
        command.SetAction(parsed =>
        {
            string begin = parsed.GetValue(prefix) ?? "";
            var all = ShownSetting.Of(CommonOptions.ReadSettings(parsed.GetValue(config))).Where(setting => setting.Name.StartsWith(begin, StringComparison.OrdinalIgnoreCase)).ToList();
            if (all.Count == 0) throw new UsageException($"No setting begins with '{begin}'. `mesh config show` shows all.");
            if (parsed.GetValue(changed)) all.RemoveAll(setting => !setting.IsChanged);
            if (parsed.GetValue(json)) Printer.Json(all);
            else if (all.Count == 0) Terminal.Out.WriteLine("Everything is as by default.");
            else Printer.Table(["setting", "value", "from", "what it does"], all.Select(setting => (string[])[setting.Name, setting.Value, setting.Source, setting.Description]));
            return ExitCodes.Done;
        });
        return command;
    }
}
