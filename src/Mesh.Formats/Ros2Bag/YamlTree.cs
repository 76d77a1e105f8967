using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Mesh.Formats.Ros2Bag;

/// <summary>A YAML document as nested dictionaries, lists and strings, built without recursion: its nesting is the writer's claim.</summary>
internal static class YamlTree
{
    private const int MaxDepth = 32;
    private const int MaxNodes = 1_000_000;

    /// <summary>Reads the first document; aliases become null.</summary>
    /// <exception cref="YamlException">It is not YAML, or nested too deeply.</exception>
    public static object? Parse(string yaml)
    {
        var parser = new Parser(new StringReader(yaml));
        var open = new Stack<Container>();
        object? root = null;
        int nodes = 0;
        while (MoveNext(parser))
        {
            var current = parser.Current!;
            if (current is DocumentEnd) break;
            if (++nodes > MaxNodes) throw new YamlException(current.Start, current.End, "more nodes than bag metadata has");
            switch (current)
            {
                case Scalar scalar:
                    Add(scalar.Value);
                    break;
                case AnchorAlias:
                    Add(null);
                    break;
                case MappingStart or SequenceStart:
                    if (open.Count == MaxDepth) throw new YamlException(current.Start, current.End, "nested too deeply");
                    open.Push(new Container(current is MappingStart));
                    break;
                case MappingEnd or SequenceEnd:
                    Add(open.Pop().Value);
                    break;
            }
        }

        return root;

        void Add(object? value)
        {
            if (open.TryPeek(out var parent)) parent.Add(value);
            else root = value;
        }
    }

    /// <summary>The scanner fails with other exceptions than its own on some texts that are not YAML.</summary>
    private static bool MoveNext(Parser parser)
    {
        try
        {
            return parser.MoveNext();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FormatException or IndexOutOfRangeException)
        {
            throw new YamlException(Mark.Empty, Mark.Empty, exception.Message, exception);
        }
    }

    private sealed class Container(bool isMapping)
    {
        private readonly Dictionary<string, object?> mapping = [];
        private readonly List<object?> sequence = [];
        private string? key;
        private bool hasKey;

        public object Value => isMapping ? mapping : sequence;

        public void Add(object? value)
        {
            if (!isMapping)
            {
                sequence.Add(value);
            }
            else if (hasKey)
            {
                mapping[key ?? ""] = value;
                hasKey = false;
            }
            else
            {
                key = value as string;
                hasKey = true;
            }
        }
    }
}
