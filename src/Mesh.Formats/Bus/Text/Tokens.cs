using System.Buffers;

namespace Mesh.Formats.Bus.Text;

/// <summary>The words of a line, which white space separates.</summary>
internal ref struct Tokens(ReadOnlySpan<byte> line)
{
    private static readonly SearchValues<byte> White = SearchValues.Create(" \t\r\f\v"u8);
    private ReadOnlySpan<byte> rest = line;

    /// <summary>What has not been read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => rest;

    /// <summary>The next word; empty at the end.</summary>
    public ReadOnlySpan<byte> Next()
    {
        int start = rest.IndexOfAnyExcept(White);
        if (start < 0)
        {
            rest = default;
            return default;
        }

        rest = rest[start..];
        int end = rest.IndexOfAny(White);
        var word = end < 0 ? rest : rest[..end];
        rest = rest[word.Length..];
        return word;
    }
}
