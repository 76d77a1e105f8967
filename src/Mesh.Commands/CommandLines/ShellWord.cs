using System.Globalization;
using System.Text;

namespace Mesh.Commands.CommandLines;

/// <summary>Words as POSIX shells read them.</summary>
public static class ShellWord
{
    private const string PlainMarks = "_@%+=:,./-";

    /// <summary>
    /// Writes a word so that a shell reads exactly it, and a person sees what it is. Plain words stay as they are; others are put in single
    /// quotes. What is invisible or moves the cursor (control characters, line ends, marks of text direction) is written as <c>$'\ooo'</c>, the
    /// bytes of UTF-8 in octal, which bash, zsh, ksh and POSIX.1-2024 read.
    /// </summary>
    /// <remarks>A NUL, which no argument of a process can hold, becomes U+FFFD, as does half a surrogate pair.</remarks>
    public static string Quote(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        if (IsPlain(word)) return word;
        return word.EnumerateRunes().Any(IsUnseen) ? QuoteBytes(word) : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    private static bool IsPlain(string word)
    {
        // zsh expands a leading =.
        if (word.Length == 0 || word[0] == '=') return false;
        foreach (char character in word) if (!char.IsAsciiLetterOrDigit(character) && !PlainMarks.Contains(character, StringComparison.Ordinal)) return false;
        return true;
    }

    private static bool IsUnseen(Rune rune) => rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    private static string QuoteBytes(string word)
    {
        var text = new StringBuilder("$'");
        Span<byte> bytes = stackalloc byte[4];
        foreach (var each in word.EnumerateRunes())
        {
            var rune = each.Value == 0 ? Rune.ReplacementChar : each;
            if (rune.Value is '\'' or '\\') text.Append('\\').Append((char)rune.Value);
            else if (rune.Value == '\n') text.Append("\\n");
            else if (rune.Value == '\t') text.Append("\\t");
            else if (!IsUnseen(rune)) text.Append(rune.ToString());
            else
            {
                foreach (byte part in bytes[..rune.EncodeToUtf8(bytes)]) text.Append('\\').Append(Convert.ToString(part, 8).PadLeft(3, '0'));
            }
        }

        return text.Append('\'').ToString();
    }
}
