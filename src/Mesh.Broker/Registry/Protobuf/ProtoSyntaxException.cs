namespace Mesh.Broker.Registry.Protobuf;

/// <summary>A <c>.proto</c> text breaks the language's rules at a known place.</summary>
internal sealed class ProtoSyntaxException(string file, int line, int column, string problem)
    : Exception($"{file}:{line}:{column}: {problem}")
{
    /// <summary>Line, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>Column, from 1.</summary>
    public int Column { get; } = column;
}
