using System.CommandLine;
using Mesh.Commands.Configuration;

namespace Mesh.Cli.Commands;

/// <summary>Flags of a command that stand for settings, with the state directory and the configuration file that servers take.</summary>
internal sealed class SettingFlags
{
    private readonly Option<string> data = new("--data") { Description = "State directory; made when absent.", DefaultValueFactory = _ => "mesh-data", HelpName = "DIR" };
    private readonly Option<string?> config = CommonOptions.Config();
    private readonly Dictionary<SettingKey, Option<string?>> flags = [];

    /// <summary>Adds the options to a command.</summary>
    public SettingFlags(Command command, params (SettingKey Key, string Name, string Description)[] settings)
    {
        command.Add(data);
        command.Add(config);
        foreach (var (key, name, description) in settings)
        {
            flags[key] = new Option<string?>(name) { Description = description };
            command.Add(flags[key]);
        }
    }

    /// <summary>The state directory.</summary>
    public string DataFolder(ParseResult parsed) => parsed.GetValue(data)!;

    /// <summary>The settings, the flags given on top.</summary>
    public Settings Read(ParseResult parsed)
    {
        var given = flags.Where(flag => parsed.GetValue(flag.Value) is not null).ToDictionary(flag => flag.Key, flag => (flag.Value.Name, parsed.GetValue(flag.Value)!));
        return Settings.Read(given, CommonOptions.EnvironmentVariables(), parsed.GetValue(config));
    }
}
