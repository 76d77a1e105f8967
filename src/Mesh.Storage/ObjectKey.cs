using System.Text;
using Mesh.Model;

namespace Mesh.Storage;

/// <summary>
/// Rules of keys: relative, <c>/</c> between segments, no empty segment, no <c>.</c> or <c>..</c>, no control character, no backslash.
/// A key that passes names the same object in a folder, in S3 and in a URI.
/// </summary>
public static class ObjectKey
{
    /// <summary>Longest key in bytes of UTF-8, as S3 has it.</summary>
    public const int MaxBytes = 1024;

    /// <summary>Refuses a key that breaks the rules.</summary>
    /// <exception cref="MeshException"><c>MESH8001</c>; says which rule.</exception>
    public static void Validate(string key)
    {
        if (Fault(key) is { } fault)
        {
            throw new MeshException("MESH8001", $"'{Printable(key)}' is not an object key: {fault}. Use segments such as raw/imu/data/file.parquet.");
        }
    }

    /// <summary>The key as the path of a URI: what RFC 3986 does not allow in a path segment is percent-encoded, nothing else.</summary>
    public static string ToUriPath(string key)
    {
        // Partition folders contain '='; encoding it, as Uri.EscapeDataString does, would send readers that take
        // locations literally (most Iceberg engines) to a file that does not exist.
        var text = new StringBuilder(key.Length);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in key.EnumerateRunes())
        {
            if (rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || "-._~!$&'()*+,;=:@/".Contains((char)rune.Value, StringComparison.Ordinal)))
            {
                text.Append((char)rune.Value);
                continue;
            }

            int count = rune.EncodeToUtf8(utf8);
            foreach (byte value in utf8[..count]) text.Append('%').Append(value.ToString("X2"));
        }

        return text.ToString();
    }

    private static string? Fault(string key)
    {
        if (key.Length == 0) return "it is empty";
        if (key[0] == '/') return "it begins with '/'";
        if (Encoding.UTF8.GetByteCount(key) > MaxBytes) return $"it is longer than {MaxBytes} bytes";
        foreach (char character in key)
        {
            if (char.IsControl(character)) return "it holds a control character";
            if (character == '\\') return "it holds a backslash";
        }

        foreach (var range in key.AsSpan().Split('/'))
        {
            var segment = key.AsSpan(range);
            if (segment.IsEmpty) return "it has an empty segment";
            if (segment is "." or "..") return $"it has the segment '{segment}'";
        }

        return null;
    }

    private static string Printable(string key)
    {
        string shown = key.Length > 200 ? key[..200] + "…" : key;
        return string.Concat(shown.Select(character => char.IsControl(character) ? '\uFFFD' : character));
    }
}
