using System.CommandLine;
using Mesh.Cli.Output;
using Mesh.Commands.Configuration;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh settings</c>: every setting, its value and where it came from.</summary>
internal static class SettingsCommand
{
    public static Command Create()
    {
        var (config, json) = (CommonOptions.Config(), CommonOptions.Json());
        var command = new Command("settings", "Every setting, its value here, and where the value came from.") { config, json };
        command.SetAction(parsed =>
        {
            var settings = Settings.Read(new Dictionary<SettingKey, (string, string)>(), CommonOptions.EnvironmentVariables(), parsed.GetValue(config));
            var rows = settings.All.Select(value => new
            {
                value.Key.Name,
                Value = value.Shown,
                value.Source,
                value.Key.Description,
            }).ToList();
            if (parsed.GetValue(json)) Printer.Json(rows);
            else Printer.Table(["setting", "value", "from", "what it does"], rows.Select(row => (string[])[row.Name, row.Value, row.Source, row.Description]));
            return ExitCodes.Done;
        });
        return command;
    }
}
