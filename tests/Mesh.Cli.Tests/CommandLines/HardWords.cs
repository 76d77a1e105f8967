namespace Mesh.Cli.Tests.CommandLines;

/// <summary>Words that shells, or the command line's own parser, could take for something else; and random values for requests, by a seed.</summary>
internal sealed class HardWords(int seed)
{
    private static readonly string[] Pieces =
    [
        "a", "Zz9", " ", "  ", "a b", "'", "''", "\"", "it's", "$HOME", "${HOME}", "`id`", "$(id)", "\\", "\\n", "-", "--", "-x", "--reason", "--json", "-o", "@", "@file", "!!", "!x", "*", "?", "[a]",
        "[suggest]", "~", "~root", "#", "a\nb", "\n", "\t", "\r", "ü", "日本", "🚗", "é", "\u202e", "\u200b", "\u00a0", "=", "=x", "a=b", "a:b", ":", ";", "&", "|", "<", ">", "\u001b[31m", "\u007f",
        "{a,b}", "%s", "%", "list", "catalogue", "/", "/h", "/?", "/help", ".", "..", ",", "(", ")", "^",
    ];

    private readonly Random random = new(seed);

    /// <summary>Every piece alone, and the empty word.</summary>
    public static IEnumerable<string> All => Pieces.Append("");

    public bool Bool() => random.Next(2) == 0;

    public int Int(int below) => random.Next(below);

    public long Size() => random.NextInt64(1, 1L << random.Next(1, 52)) << (random.Next(2) == 0 ? 0 : random.Next(0, 10));

    /// <summary>One to four pieces.</summary>
    public string Word() => string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => Pieces[random.Next(Pieces.Length)]));

    /// <summary>As <see cref="Word"/>, or one that is not given.</summary>
    public string? MaybeWord() => Bool() ? Word() : null;

    public IReadOnlyList<string> Words(int least) => [.. Enumerable.Range(0, least + random.Next(4)).Select(_ => Word())];

    public T? Maybe<T>(Func<T> value) where T : struct => Bool() ? value() : null;

    /// <summary>Whole units and fractions down to 100 ns.</summary>
    public double Seconds() => TimeSpan.FromTicks(random.NextInt64(0, 1_000) * ((long[])[1, 10, 10_000, TimeSpan.TicksPerSecond, TimeSpan.TicksPerHour, TimeSpan.TicksPerDay])[random.Next(6)]).TotalSeconds;

    public DateTimeOffset Time() => new(new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(random.NextInt64(TimeSpan.TicksPerDay * 20_000)));
}
