using System.CommandLine;
using System.Globalization;
using Mesh.Commands.Maintenance;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;

namespace Mesh.Cli.Commands;

/// <summary>Options that say which dead letters, or which times, are meant.</summary>
internal sealed class LetterFilterOptions
{
    private readonly Option<string?> stage = new("--stage") { Description = "Letters of this stage: decode, synchronise, partition, catalogue ...", HelpName = "STAGE" };
    private readonly Option<string?> code = new("--code") { Description = "Letters with this code.", HelpName = "CODE" };
    private readonly Option<string?> recording = new("--recording") { Description = "Letters of this recording, by the beginning of its id.", HelpName = "ID" };
    private readonly Option<string?> vehicle = new("--vehicle") { Description = "Letters of this vehicle.", HelpName = "ID" };
    private readonly Option<string?> channel = new("--channel") { Description = "Letters of this channel.", HelpName = "NAME" };
    private readonly Option<string?> since = new("--since") { Description = "Written at or after: 2026-11-30T08:00Z, or 2h for two hours ago.", HelpName = "TIME" };
    private readonly Option<string?> until = new("--until") { Description = "Written before.", HelpName = "TIME" };

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [stage, code, recording, vehicle, channel, since, until];

    /// <summary>What they say.</summary>
    public static DeadLetterFilter Read(ParseResult parsed, IReadOnlyList<string>? ids = null) => new()
    {
        Ids = ids is { Count: > 0 } ? ids : null,
        Stage = parsed.GetValue<string?>("--stage"),
        Code = parsed.GetValue<string?>("--code"),
        Recording = parsed.GetValue<string?>("--recording"),
        Vehicle = parsed.GetValue<string?>("--vehicle"),
        Channel = parsed.GetValue<string?>("--channel"),
        Since = Time(parsed.GetValue<string?>("--since"), "--since"),
        Until = Time(parsed.GetValue<string?>("--until"), "--until"),
    };

    /// <summary>A time, or how long ago.</summary>
    public static DateTimeOffset? Time(string? text, string option)
    {
        if (text is null) return null;
        if (DurationText.TryParse(text, out var ago)) return DateTimeOffset.UtcNow - ago;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new UsageException($"{option} is '{text}', but should be a time such as 2026-11-30T08:00Z, or how long ago, such as 2h.");
    }
}
