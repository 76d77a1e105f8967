using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Mesh.Model;

namespace Mesh.Formats.Bus.Dbc;

/// <summary>DBC files do not say their code page; this guesses it.</summary>
internal static class DbcText
{
    private const int Windows1252 = 1252;

    public static string Decode(ReadOnlySpan<byte> content, Encoding? encoding)
    {
        encoding ??= DetectMarked(ref content);
        encoding ??= Utf8.IsValid(content) ? Encoding.UTF8 : CodePagesEncodingProvider.Instance.GetEncoding(Windows1252)!;
        return encoding.GetString(content);
    }

    public static Encoding FindEncoding(string name)
    {
        try
        {
            string plain = name.Trim();
            int digits = plain.StartsWith("cp", StringComparison.OrdinalIgnoreCase) ? 2 : plain.StartsWith("windows-", StringComparison.OrdinalIgnoreCase) ? 8 : 0;
            if (digits > 0 && int.TryParse(plain.AsSpan(digits).TrimStart('-'), NumberStyles.None, CultureInfo.InvariantCulture, out int page))
            {
                return CodePagesEncodingProvider.Instance.GetEncoding(page) ?? Encoding.GetEncoding(page);
            }

            return CodePagesEncodingProvider.Instance.GetEncoding(plain) ?? Encoding.GetEncoding(plain);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new MeshException("MESH10507", $"There is no code page '{name}'. Known are for example utf-8, cp1252, gbk, shift_jis and iso-8859-15.");
        }
    }

    private static Encoding? DetectMarked(ref ReadOnlySpan<byte> content)
    {
        foreach (var candidate in (ReadOnlySpan<Encoding>)[Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode])
        {
            if (!content.StartsWith(candidate.Preamble)) continue;
            content = content[candidate.Preamble.Length..];
            return candidate;
        }

        return null;
    }
}
