using System.CommandLine;
using Mesh.Commands.Configuration;

namespace Mesh.Cli.Commands;

/// <summary>Flags of a command that stand for settings, with the state directory and the configuration file that servers take.</summary>
internal sealed class SettingFlags
{
    private readonly Option<string> data;
    private readonly Option<string?> config = CommonOptions.Config();
    private readonly Dictionary<SettingKey, Option<string?>> flags = [];

    /// <summary>Adds the options to a command.</summary>
    public SettingFlags(Command command, params (SettingKey Key, string Name, string Description)[] settings)
        : this(command, "State directory; made when absent.", "mesh-data", settings)
    {
    }

    /// <summary>Adds the options to a command whose folder is another.</summary>
    public SettingFlags(Command command, string folder, string defaultFolder, params (SettingKey Key, string Name, string Description)[] settings)
    {
        data = new Option<string>("--data") { Description = folder, DefaultValueFactory = _ => defaultFolder, HelpName = "DIR" };
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
    /// <param name="parsed">The command line.</param>
    /// <param name="further">Settings that other flags stand for, by key with the flag's name.</param>
    public Settings Read(ParseResult parsed, IReadOnlyDictionary<SettingKey, (string Flag, string Text)>? further = null)
    {
        var given = flags.Where(flag => parsed.GetValue(flag.Value) is not null).ToDictionary(flag => flag.Key, flag => (flag.Value.Name, parsed.GetValue(flag.Value)!));
        foreach (var (key, value) in further ?? new Dictionary<SettingKey, (string, string)>()) given[key] = value;
        return Settings.Read(given, CommonOptions.EnvironmentVariables(), parsed.GetValue(config));
    }
}
