using System.Globalization;
using Mesh.Model;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Mesh.Commands.Configuration;

/// <summary>The settings of a run: flag, then environment, then file, then default.</summary>
public sealed class Settings
{
    private readonly Dictionary<string, SettingValue> values;

    private Settings(Dictionary<string, SettingValue> values) => this.values = values;

    /// <summary>All values, in the order of <see cref="SettingKeys.All"/>; what stands below one that is a map follows it.</summary>
    public IReadOnlyList<SettingValue> All => [.. SettingKeys.All.SelectMany(key => key.IsMap ? [values[key.Name], .. Below(key)] : (SettingValue[])[values[key.Name]])];

    /// <summary>Reads the settings.</summary>
    /// <param name="flags">Values given on the command line, by key, with the flag's name.</param>
    /// <param name="environment">Environment variables.</param>
    /// <param name="configFile">The file of <c>--config</c>; null: <c>./mesh.yaml</c> when there is one.</param>
    /// <exception cref="MeshException">
    /// <c>MESH11002</c> the file does not exist or parse, <c>MESH11003</c> a key is unknown, with the closest one.
    /// </exception>
    public static Settings Read(
        IReadOnlyDictionary<SettingKey, (string Flag, string Text)> flags, IReadOnlyDictionary<string, string> environment, string? configFile)
    {
        var values = SettingKeys.All.ToDictionary(key => key.Name, key => new SettingValue(key, key.Default, "default"), StringComparer.OrdinalIgnoreCase);
        string? file = configFile ?? (File.Exists("mesh.yaml") ? "mesh.yaml" : null);
        if (file is not null) ReadFile(file, values);
        foreach (var (name, text) in environment.Where(pair => IsSetting(pair.Key)))
        {
            string key = name["MESH_".Length..].Replace("__", ".", StringComparison.Ordinal);
            Set(values, key, text, name);
        }

        foreach (var (key, (flag, text)) in flags) values[key.Name] = new SettingValue(key, text, flag);
        return new Settings(values);
    }

    /// <summary>A setting's value.</summary>
    public SettingValue this[SettingKey key] => values[key.Name];

    /// <summary>Text; null when empty.</summary>
    public string? Text(SettingKey key) => this[key].Text is { Length: > 0 } text ? text : null;

    /// <summary>What stands below a setting that is a map, by the rest of its name in lower case.</summary>
    public IReadOnlyDictionary<string, string> Map(SettingKey key) =>
        Below(key).ToDictionary(value => value.Key.Name[(key.Name.Length + 1)..], value => value.Text, StringComparer.Ordinal);

    /// <summary>A port.</summary>
    /// <exception cref="MeshException"><c>MESH11001</c> when it is none.</exception>
    public int Port(SettingKey key) => int.TryParse(this[key].Text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= 65535
        ? port
        : throw Wrong(key, "a port from 0 to 65535");

    /// <summary>A size in bytes.</summary>
    /// <exception cref="MeshException"><c>MESH11001</c> when it is none.</exception>
    public long Bytes(SettingKey key) => ByteSizeText.TryParse(this[key].Text, out long bytes) ? bytes : throw Wrong(key, "a size such as 512MiB");

    /// <summary>A duration.</summary>
    /// <exception cref="MeshException"><c>MESH11001</c> when it is none.</exception>
    public TimeSpan Duration(SettingKey key) => DurationText.TryParse(this[key].Text, out var duration) ? duration : throw Wrong(key, "a duration such as 10m or 7d");

    /// <summary>A count of at least one.</summary>
    /// <exception cref="MeshException"><c>MESH11001</c> when it is none.</exception>
    public int Count(SettingKey key) => int.TryParse(this[key].Text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0
        ? count
        : throw Wrong(key, "a number from 1 on");

    /// <summary>Yes or no.</summary>
    /// <exception cref="MeshException"><c>MESH11001</c> when it is neither.</exception>
    public bool Flag(SettingKey key) => bool.TryParse(this[key].Text, out bool flag) ? flag : throw Wrong(key, "true or false");

    /// <summary>One of a few words.</summary>
    /// <exception cref="MeshException"><c>MESH11001</c> when it is none of them.</exception>
    public T Choice<T>(SettingKey key) where T : struct, Enum => Enum.TryParse<T>(this[key].Text, ignoreCase: true, out var choice) && Enum.IsDefined(choice)
        ? choice
        : throw Wrong(key, $"one of {string.Join(", ", Enum.GetNames<T>().Select(name => char.ToLowerInvariant(name[0]) + name[1..]))}");

    /// <summary>Several of a few words, separated by commas.</summary>
    /// <exception cref="MeshException"><c>MESH11001</c> when one is none of them.</exception>
    public T Choices<T>(SettingKey key) where T : struct, Enum
    {
        string[] words = this[key].Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string[] known = Enum.GetNames<T>();
        bool areKnown = words.Length > 0 && words.All(word => known.Contains(word, StringComparer.OrdinalIgnoreCase));
        return areKnown && Enum.TryParse<T>(string.Join(',', words), ignoreCase: true, out var choices)
            ? choices
            : throw Wrong(key, $"one or several, separated by commas, of {string.Join(", ", known.Select(name => char.ToLowerInvariant(name[0]) + name[1..]))}");
    }

    // Variables with one underscore are mostly of other purposes, such as MESH_TOKEN; a setting whose name has no dot has no other.
    private static bool IsSetting(string variable) => variable.StartsWith("MESH_", StringComparison.OrdinalIgnoreCase)
        && (variable.Contains("__", StringComparison.Ordinal) || variable["MESH_".Length..].Equals(SettingKeys.Stages.Name, StringComparison.OrdinalIgnoreCase));

    private IEnumerable<SettingValue> Below(SettingKey key) => values.Values
        .Where(value => value.Key.Name.StartsWith(key.Name + ".", StringComparison.OrdinalIgnoreCase)).OrderBy(value => value.Key.Name, StringComparer.Ordinal);

    private MeshException Wrong(SettingKey key, string expected) =>
        new("MESH11001", $"`{key.Name}` is '{this[key].Text}' ({this[key].Source}), but should be {expected}.");

    private static void ReadFile(string file, Dictionary<string, SettingValue> values)
    {
        var stream = new YamlStream();
        try
        {
            using var reader = File.OpenText(file);
            stream.Load(reader);
        }
        catch (YamlException exception)
        {
            throw new MeshException("MESH11002", $"{file}:{exception.Start.Line}: {exception.Message}", innerException: exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH11002", $"Cannot read the configuration: {exception.Message}", innerException: exception);
        }

        if (stream.Documents.Count > 0) ReadNode(stream.Documents[0].RootNode, "", file, values);
    }

    private static void ReadNode(YamlNode node, string path, string file, Dictionary<string, SettingValue> values)
    {
        if (node is YamlMappingNode mapping)
        {
            foreach (var (key, child) in mapping.Children) ReadNode(child, path.Length == 0 ? key.ToString() : $"{path}.{key}", file, values);
        }
        else
        {
            Set(values, path, node.ToString(), $"{file}:{node.Start.Line}");
        }
    }

    private static void Set(Dictionary<string, SettingValue> values, string name, string text, string source)
    {
        if (SettingKeys.All.FirstOrDefault(key => key.IsMap && name.StartsWith(key.Name + ".", StringComparison.OrdinalIgnoreCase)) is { } map)
        {
            // Environment variables come in capitals, but the names below a map are somebody else's and lower-case.
            string below = $"{map.Name}.{name[(map.Name.Length + 1)..].ToLowerInvariant()}";
            values[below] = new SettingValue(new SettingKey(below, "", map.Description) { IsSecret = map == SettingKeys.KafkaClient && IsClientSecret(below) }, text, source);
            return;
        }

        if (!values.TryGetValue(name, out var current) || current.Key.IsMap)
        {
            throw new MeshException("MESH11003", $"{source}: there is no setting `{name}`; the closest is `{Closest(name)}`. `mesh config show` lists them all.");
        }

        values[name] = new SettingValue(current.Key, text, source);
    }

    // Settings of the Kafka client that hold a secret, by librdkafka's names.
    private static bool IsClientSecret(string name) =>
        name.Contains("password", StringComparison.Ordinal) || name.Contains("secret", StringComparison.Ordinal) || name.EndsWith(".pem", StringComparison.Ordinal)
        || name.EndsWith("oauthbearer.config", StringComparison.Ordinal);

    private static string Closest(string name) => SettingKeys.All.Select(key => key.Name).MinBy(candidate => Distance(candidate.ToLowerInvariant(), name.ToLowerInvariant()))!;

    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
