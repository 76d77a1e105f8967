using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Mesh.Model;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Mesh.Streaming.Topologies;

/// <summary>
/// A place in a topology file, with typed getters. A value of the wrong kind is added to the topology's errors and the default returned,
/// so that one run reports everything.
/// </summary>
public sealed class TopologyNode
{
    private readonly YamlNode node;
    private readonly TopologyErrors errors;

    internal TopologyNode(YamlNode node, string path, TopologyErrors errors)
    {
        this.node = node;
        this.errors = errors;
        Path = path;
    }

    /// <summary>Loads a file that is written as topologies are; null when it cannot be read at all, which is reported.</summary>
    public static TopologyNode? Load(string yaml, TopologyErrors errors) =>
        TopologyYaml.Load(yaml, errors) is { } mapping ? new TopologyNode(mapping, "", errors) : null;

    /// <summary>Line of the node, from 1.</summary>
    public int Line => (int)node.Start.Line;

    /// <summary>Column, from 1.</summary>
    public int Column => (int)node.Start.Column;

    /// <summary>Dotted path from the root, <c>synchronise[0].tolerance</c>.</summary>
    public string Path { get; }

    /// <summary>The child of a mapping; null when absent, without a value, or when this is no mapping (which is reported).</summary>
    public TopologyNode? Get(string key)
    {
        if (Mapping() is not { } mapping) return null;
        return mapping.Children.TryGetValue(new YamlScalarNode(key), out var child) && !IsNull(child)
            ? new TopologyNode(child, Path.Length == 0 ? key : $"{Path}.{key}", errors)
            : null;
    }

    /// <summary>The items of a sequence; anything else is reported and yields none.</summary>
    public IReadOnlyList<TopologyNode> Items
    {
        get
        {
            if (node is YamlSequenceNode sequence)
            {
                return [.. sequence.Children.Select((item, index) => new TopologyNode(item, $"{Path}[{index}]", errors))];
            }

            Report($"{Name} must be a list: items on lines of their own that begin with '- ', or [a, b].");
            return [];
        }
    }

    /// <summary>Keys of a mapping, in file order; anything else is reported and has none.</summary>
    public IReadOnlyList<string> Keys => Mapping() is { } mapping
        ? [.. mapping.Children.Keys.OfType<YamlScalarNode>().Select(key => key.Value ?? "")]
        : [];

    /// <summary>The scalar's text; a mapping or sequence is reported and yields an empty string.</summary>
    public string AsText()
    {
        if (node is YamlScalarNode scalar) return IsNull(scalar) ? "" : scalar.Value ?? "";
        Report($"{Name} must be a single value, not a {(node is YamlSequenceNode ? "list" : "mapping")}.");
        return "";
    }

    /// <summary>Text of a child; <paramref name="fallback"/> when absent.</summary>
    public string GetText(string key, string fallback) => Get(key) is { } child ? child.AsText() : fallback;

    /// <summary>Text of a child that must be there; reported and empty when it is not.</summary>
    public string RequireText(string key)
    {
        if (Get(key) is { } child)
        {
            string text = child.AsText();
            if (text.Length == 0 && child.node is YamlScalarNode) child.Report($"{child.Name} must not be empty.");
            return text;
        }

        if (node is YamlMappingNode) Report($"{Name} needs '{key}'.");
        return "";
    }

    /// <summary>A whole number.</summary>
    public long GetInteger(string key, long fallback) => Parse(
        key, fallback, "a whole number, for example 2000",
        (string text, out long value) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value));

    /// <summary>A number.</summary>
    public double GetNumber(string key, double fallback) => Parse(
        key, fallback, "a number, for example 0.8",
        (string text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value));

    /// <summary>true or false.</summary>
    public bool GetBoolean(string key, bool fallback) => Parse(
        key, fallback, "true or false", (string text, out bool value) => bool.TryParse(text, out value));

    /// <summary>A duration (<c>50ms</c>) in nanoseconds.</summary>
    public long GetDurationNs(string key, long fallback) => Parse<long>(
        key, fallback, "a duration with its unit (ns, us, ms, s, m, h, d), for example 50ms", DurationText.TryParseNs);

    /// <summary>A size (<c>256MiB</c>) in bytes.</summary>
    public long GetBytes(string key, long fallback) => Parse<long>(
        key, fallback, "a size in bytes or with its unit (KiB, MiB, GiB, KB, MB, GB), for example 256MiB", ByteSizeText.TryParse);

    /// <summary>One of a few words, mapped to an enum by its camelCase name.</summary>
    public T GetChoice<T>(string key, T fallback) where T : struct, Enum
    {
        if (Get(key) is not { } child) return fallback;
        if (child.node is not YamlScalarNode)
        {
            child.AsText();
            return fallback;
        }

        string text = child.AsText();
        var choices = Enum.GetValues<T>().ToDictionary(value => CamelCase(value.ToString()));
        if (choices.TryGetValue(text, out var choice)) return choice;
        child.Report($"{child.Name}: '{text}' is none of {string.Join(", ", choices.Keys)}.{Spelling.Hint(text, choices.Keys)}");
        return fallback;
    }

    /// <summary>Reports keys that are not among those known, naming the closest.</summary>
    public void AllowKeys(params ReadOnlySpan<string> keys)
    {
        if (Mapping() is not { } mapping) return;
        string[] known = keys.ToArray();
        foreach (var key in mapping.Children.Keys)
        {
            string text = (key as YamlScalarNode)?.Value ?? "";
            if (known.Contains(text, StringComparer.Ordinal)) continue;
            new TopologyNode(key, Path, errors).Report(
                $"{Name} has no '{text}'.{(Spelling.Nearest(text, known) is { } nearest ? $" Did you mean '{nearest}'?" : $" Known are {string.Join(", ", known)}.")}");
        }
    }

    /// <summary>The node without comments, formatting and key order: two that mean the same have the same.</summary>
    public string Canonical
    {
        get
        {
            var text = new StringBuilder();
            TopologyYaml.AppendCanonical(text, node);
            return text.ToString();
        }
    }

    /// <summary>The node as JSON; a plain scalar that reads as one is a number, a truth value or null, a quoted one is text.</summary>
    public JsonNode? ToJson() => ToJson(node);

    /// <summary>Reports something wrong at this place.</summary>
    public void Report(string message) => errors.Add(Line, Column, message);

    internal static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain or ScalarStyle.Any, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        _ when IsNull(node) => null,
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(pair => KeyValuePair.Create((pair.Key as YamlScalarNode)?.Value ?? "", ToJson(pair.Value))).DistinctBy(pair => pair.Key)),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(ToJson)]),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: var text } => text switch
        {
            "true" => JsonValue.Create(true),
            "false" => JsonValue.Create(false),
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) => JsonValue.Create(whole),
            _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) => JsonValue.Create(number),
            _ => JsonValue.Create(text),
        },
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => null,
    };

    private string Name => Path.Length == 0 ? errors.Subject : Path;

    private YamlMappingNode? Mapping()
    {
        if (node is YamlMappingNode mapping) return mapping;
        Report($"{Name} must be a mapping: lines of the form 'key: value'.");
        return null;
    }

    private TValue Parse<TValue>(string key, TValue fallback, string expected, TryParse<TValue> tryParse)
    {
        if (Get(key) is not { } child) return fallback;
        string text = child.AsText();
        if (child.node is not YamlScalarNode) return fallback;
        if (tryParse(text, out var value)) return value;
        child.Report($"{child.Name}: '{text}' is not {expected}.");
        return fallback;
    }

    private static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    private delegate bool TryParse<TValue>(string text, out TValue value);
}
