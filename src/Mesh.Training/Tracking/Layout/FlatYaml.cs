using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Mesh.Training.Tracking.Layout;

/// <summary>The single values of a YAML mapping, which is all that <c>meta.yaml</c> needs; lists and mappings in it are passed over.</summary>
internal static class FlatYaml
{
    private const int MaxDepth = 16;

    /// <exception cref="LayoutException"><c>MESH9343</c> with the line.</exception>
    public static Dictionary<string, string?> Read(string yaml, string place)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        try
        {
            var parser = new Parser(new StringReader(yaml));
            parser.Consume<StreamStart>();
            if (!parser.Accept<DocumentStart>(out _)) throw Wrong(place, 1, "it is empty");
            parser.Consume<DocumentStart>();
            if (!parser.Accept<MappingStart>(out _)) throw Wrong(place, parser.Current?.Start.Line ?? 1, "it is no mapping of keys to values");
            parser.Consume<MappingStart>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                if (!parser.TryConsume<Scalar>(out var key)) throw Wrong(place, parser.Current?.Start.Line ?? 1, "a key is no text");
                if (parser.TryConsume<Scalar>(out var value)) values[key.Value] = IsNull(value) ? null : value.Value;
                else Skip(parser, place);
            }

            return values;
        }
        catch (YamlException exception)
        {
            throw Wrong(place, exception.Start.Line, $"it is no YAML: {exception.Message}");
        }
        catch (InvalidOperationException)
        {
            // The scanner's way to say so of a text that begins with a tab or goes on where none may.
            throw Wrong(place, 1, "it is no YAML");
        }
    }

    /// <summary>A line of a mapping; texts in double quotes, which YAML takes over from JSON.</summary>
    public static void Write(StringBuilder yaml, string key, string? value, bool isText = true)
    {
        yaml.Append(key).Append(": ");
        if (value is null) yaml.Append("null");
        else if (!isText) yaml.Append(value);
        else yaml.Append(System.Text.Json.JsonSerializer.Serialize(value, TrainingJson.Options));
        yaml.Append('\n');
    }

    private static void Skip(Parser parser, string place)
    {
        int depth = 0;
        do
        {
            if (parser.Current is AnchorAlias alias) throw Wrong(place, alias.Start.Line, "it refers to another place of itself");
            depth += parser.Current is MappingStart or SequenceStart ? 1 : parser.Current is MappingEnd or SequenceEnd ? -1 : 0;
            if (depth > MaxDepth) throw Wrong(place, parser.Current!.Start.Line, "it is nested too deeply");
            if (!parser.MoveNext()) throw Wrong(place, 1, "it ends early");
        }
        while (depth > 0);
    }

    private static bool IsNull(Scalar value) => value.Style == ScalarStyle.Plain && value.Value is "" or "~" or "null" or "Null" or "NULL";

    private static LayoutException Wrong(string place, long line, string what) =>
        new("MESH9343", place, $"line {line}: {what.TrimEnd('.')}", "MLflow writes one 'key: value' a line; correct the file or leave its folder out.");
}
