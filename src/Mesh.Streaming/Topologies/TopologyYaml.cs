using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Mesh.Streaming.Topologies;

/// <summary>Loads the YAML of a topology within limits, and writes it in the one form its version is derived from.</summary>
internal static class TopologyYaml
{
    private const int MaxCharacters = 1 << 20;
    private const int MaxNesting = 32;
    private const int MaxEvents = 100_000;

    /// <summary>The one mapping the file holds; null when there is none, which is reported.</summary>
    public static YamlMappingNode? Load(string yaml, TopologyErrors errors)
    {
        if (yaml.Length > MaxCharacters)
        {
            errors.Add(1, 1, $"The file has {yaml.Length:N0} characters; at most {MaxCharacters:N0} are read.");
            return null;
        }

        try
        {
            if (!IsWithinLimits(yaml, errors)) return null;
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents is [{ RootNode: YamlMappingNode mapping }]) return mapping;
            errors.Add(1, 1, stream.Documents.Count switch
            {
                0 => "The file is empty. Begin with 'apiVersion: mesh/v1' and 'kind: Topology'; topologies/fleet-ingest.yaml is an example.",
                1 => "The file must be a mapping: lines of the form 'key: value', beginning with 'apiVersion: mesh/v1'.",
                _ => "The file holds several documents; write one topology per file, without '---' between.",
            });
        }
        catch (YamlException exception)
        {
            errors.Add((int)exception.Start.Line, (int)exception.Start.Column, $"This is not YAML: {Reason(exception)}");
        }

        return null;
    }

    /// <summary>Appends a node without comments, formatting and key order.</summary>
    public static void AppendCanonical(StringBuilder text, YamlNode node)
    {
        if (TopologyNode.IsNull(node)) return;
        switch (node)
        {
            case YamlScalarNode scalar:
                string value = scalar.Value ?? "";
                text.Append(CultureInfo.InvariantCulture, $"{value.Length}:").Append(value);
                break;
            case YamlSequenceNode sequence:
                text.Append('[');
                foreach (var item in sequence.Children)
                {
                    AppendCanonical(text, item);
                    text.Append(',');
                }

                text.Append(']');
                break;
            case YamlMappingNode mapping:
                text.Append('{');
                foreach (var (key, child) in mapping.Children
                    .Select(pair => (Key: (pair.Key as YamlScalarNode)?.Value ?? "", pair.Value)).OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    if (TopologyNode.IsNull(child)) continue;
                    text.Append(CultureInfo.InvariantCulture, $"{key.Length}:").Append(key).Append('=');
                    AppendCanonical(text, child);
                    text.Append(',');
                }

                text.Append('}');
                break;
        }
    }

    // The document is loaded recursively, so its depth is looked at first, by the parser, which is not recursive. Aliases would let a small
    // file stand for an endless one.
    private static bool IsWithinLimits(string yaml, TopologyErrors errors)
    {
        var parser = new Parser(new StringReader(yaml));
        int nesting = 0;
        for (int events = 0; MoveNext(parser, errors); events++)
        {
            nesting += parser.Current!.NestingIncrease;
            string? problem = parser.Current switch
            {
                AnchorAlias => "Aliases (*name) are not read here; write the value out.",
                _ when nesting > MaxNesting => $"The file is nested deeper than {MaxNesting} levels.",
                _ when events > MaxEvents => $"The file holds more than {MaxEvents:N0} values.",
                _ => null,
            };
            if (problem is null) continue;
            errors.Add((int)parser.Current.Start.Line, (int)parser.Current.Start.Column, problem);
            return false;
        }

        return errors.All.Count == 0;
    }

    // The scanner answers some flow collections that are never closed with an InvalidOperationException that has no place.
    private static bool MoveNext(Parser parser, TopologyErrors errors)
    {
        try
        {
            return parser.MoveNext();
        }
        catch (InvalidOperationException)
        {
            var last = parser.Current?.End ?? Mark.Empty;
            errors.Add((int)Math.Max(last.Line, 1), (int)Math.Max(last.Column, 1), "This is not YAML: a '[' or '{' that begins near here is not closed.");
            return false;
        }
    }

    private static string Reason(YamlException exception)
    {
        string reason = exception.InnerException?.Message ?? exception.Message;
        // The library puts the place in front, which stands in the error already.
        int end = reason.IndexOf("): ", StringComparison.Ordinal);
        return reason.StartsWith('(') && end >= 0 ? reason[(end + 3)..] : reason;
    }
}
