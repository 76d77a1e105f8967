using System.Globalization;

namespace Mesh.Formats.Bus.Asc;

/// <summary>
/// Dates of ASC files: day of the week, month, day, time, perhaps AM or PM, year, in the language of the machine that wrote them. They have no
/// time zone and are taken as UTC.
/// </summary>
internal static class AscDate
{
    // English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Polish, Czech; some tools write them with a point.
    private static readonly string[][] Months =
    [
        ["jan", "janv", "ene", "gen", "sty", "led", "januar", "january"],
        ["feb", "févr", "fév", "fev", "lut", "úno", "februar", "february"],
        ["mar", "mär", "mrz", "märz", "mars", "mrt", "bře", "march", "marz"],
        ["apr", "avr", "abr", "kwi", "dub", "april"],
        ["may", "mai", "maj", "mei", "mag", "kvě", "mayo"],
        ["jun", "juin", "giu", "cze", "čvn", "juni", "june"],
        ["jul", "juil", "lug", "lip", "čvc", "juli", "july"],
        ["aug", "août", "aou", "ago", "sie", "srp", "august"],
        ["sep", "sept", "set", "wrz", "zář", "september"],
        ["oct", "okt", "ott", "out", "paź", "říj", "oktober", "october"],
        ["nov", "lis", "november"],
        ["dec", "dez", "déc", "dic", "gru", "pro", "dezember", "december"],
    ];

    public static ulong? TryParse(ReadOnlySpan<byte> text)
    {
        string[] parts = Dbc.DbcText.Decode(text, null).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i + 2 < parts.Length; i++)
        {
            int month = MonthOf(parts[i]);
            if (month > 0 && int.TryParse(parts[i + 1].TrimEnd('.', '日'), NumberStyles.None, CultureInfo.InvariantCulture, out int day)) return Combine(month, day, parts.AsSpan(i + 2));
        }

        return null;
    }

    private static ulong? Combine(int month, int day, ReadOnlySpan<string> parts)
    {
        int year = -1;
        bool isAfternoon = false, isMorning = false;
        TimeSpan? time = null;
        foreach (string part in parts)
        {
            if (part.Contains(':', StringComparison.Ordinal)) time ??= Time(part);
            else if (part.Equals("pm", StringComparison.OrdinalIgnoreCase) || part is "下午" or "午後") isAfternoon = true;
            else if (part.Equals("am", StringComparison.OrdinalIgnoreCase) || part is "上午" or "午前") isMorning = true;
            else if (part.Length == 4 && int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number)) year = number;
        }

        if (time is not { } ofDay || year is < 1970 or > 2200 || day < 1 || day > DateTime.DaysInMonth(year, month)) return null;

        // Some tools add AM or PM to 24-hour times: only an hour up to 12 can be meant by it.
        if (isAfternoon && ofDay.Hours < 12) ofDay += TimeSpan.FromHours(12);
        else if (isMorning && ofDay.Hours == 12) ofDay -= TimeSpan.FromHours(12);
        return (ulong)((new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc) + ofDay - DateTime.UnixEpoch).Ticks * 100);
    }

    private static TimeSpan? Time(string text) =>
        TimeSpan.TryParseExact(text.Replace(',', '.'), ["h\\:m\\:s", "h\\:m\\:s\\.FFFFFFF"], CultureInfo.InvariantCulture, out var time) ? time : null;

    private static int MonthOf(string word)
    {
        if (word.EndsWith('月') && int.TryParse(word.AsSpan(0, word.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)) return number is >= 1 and <= 12 ? number : 0;
        string plain = word.TrimEnd('.').ToLowerInvariant();
        return Array.FindIndex(Months, names => names.Contains(plain)) + 1;
    }
}
