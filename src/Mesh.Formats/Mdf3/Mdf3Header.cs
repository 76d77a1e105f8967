using System.Globalization;

namespace Mesh.Formats.Mdf3;

/// <summary>ID and HD block (specification 3.30): version, start time, who measured what.</summary>
internal sealed record Mdf3Header
{
    public const int IdBytes = 64;
    private const int HeaderBytes = 164;
    private const int RecordCounters = 1;

    /// <summary>Version as text.</summary>
    public required string Version { get; init; }

    /// <summary>Number of the version, for example 330.</summary>
    public required int Number { get; init; }

    /// <summary>Name of the writing program.</summary>
    public required string Program { get; init; }

    /// <summary>Whether record counts were never written.</summary>
    public required bool IsUnfinished { get; init; }

    /// <summary>0 IEEE 754, 1 VAX G, 2 VAX D.</summary>
    public required int FloatFormat { get; init; }

    /// <summary>The HD block; null when it is damaged.</summary>
    public Mdf3Block? Block { get; init; }

    /// <summary>Start of the recording, nanoseconds since 1970, UTC where the zone is known, else the local time taken as UTC.</summary>
    public ulong StartNs { get; init; }

    /// <summary>Hours of the time zone; null when unknown.</summary>
    public int? ZoneHours { get; init; }

    /// <summary>Author, organisation and the rest.</summary>
    public Dictionary<string, string> Properties { get; init; } = [];

    public static Mdf3Header ReadId(Mdf3Block id, Func<byte[], string> text)
    {
        string version = text(id.Span(8, 8).ToArray());
        int number = id.UInt16(28);
        return new Mdf3Header
        {
            Version = version, Number = number, Program = text(id.Span(16, 8).ToArray()), FloatFormat = id.UInt16(26),
            IsUnfinished = id.Span(0, 8).StartsWith("UnFinMF"u8) || (id.UInt16(60) & RecordCounters) != 0,
        };
    }

    public async ValueTask<Mdf3Header> WithHeaderAsync(Mdf3BlockReader blocks, CancellationToken cancellationToken)
    {
        var block = await blocks.ReadAsync(IdBytes, "HD", 18, cancellationToken).ConfigureAwait(false);
        if (block is null) return this;
        (ulong start, int? zone) = StartOf(block, blocks);
        var properties = new Dictionary<string, string>(StringComparer.Ordinal) { ["program"] = Program };
        Add("author", blocks.Text(block.Span(36, 32)));
        Add("organisation", blocks.Text(block.Span(68, 32)));
        Add("project", blocks.Text(block.Span(100, 32)));
        Add("subject", blocks.Text(block.Span(132, 32)));
        Add("date", blocks.Text(block.Span(18, 10)));
        Add("time", blocks.Text(block.Span(28, 8)));
        Add("time_zone_hours", zone?.ToString(CultureInfo.InvariantCulture) ?? "");
        Add("timer", blocks.Text(block.Span(176, 32)));
        Add("comment", await blocks.CommentAsync(block.UInt32(8), cancellationToken).ConfigureAwait(false));
        return this with { Block = block, StartNs = start, ZoneHours = zone, Properties = properties };

        void Add(string key, string value)
        {
            if (value.Length > 0) properties[key] = value;
        }
    }

    /// <summary>From 3.20 on nanoseconds in the local standard time and the zone's hours; before, and where they are 0, local date and time as text.</summary>
    private static (ulong Ns, int? ZoneHours) StartOf(Mdf3Block block, Mdf3BlockReader blocks)
    {
        const long HourNs = 3_600_000_000_000;
        if (block.Length >= HeaderBytes + 10 && block.UInt64(HeaderBytes) is > 0 and < long.MaxValue and var local)
        {
            short zone = (short)block.UInt16(HeaderBytes + 8);

            // Zones lie between −12 and 14 hours; anything else is no zone.
            if (zone is < -12 or > 14) return (local, null);
            long utc = (long)local - (zone * HourNs);
            return ((ulong)Math.Max(utc, 0), zone);
        }

        string text = blocks.Text(block.Span(18, 10)) + " " + blocks.Text(block.Span(28, 8));
        return DateTime.TryParseExact(text, "d:M:yyyy H:m:s", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            && time >= DateTime.UnixEpoch
            ? ((ulong)(time - DateTime.UnixEpoch).Ticks * 100, null)
            : (0, null);
    }
}
