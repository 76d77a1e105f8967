using System.CommandLine;
using System.Globalization;
using Mesh.Commands.Recordings;
using Mesh.Formats;
using Mesh.Formats.Bus;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary>Options of every command that reads recordings: which messages, which times, which bus databases.</summary>
internal sealed class ReaderOptions
{
    private readonly Option<string[]> topics = new("--topic") { Description = "Only channels of this name; * and ? match; may be given several times.", HelpName = "GLOB", AllowMultipleArgumentsPerToken = false };
    private readonly Option<string?> start = new("--start") { Description = "From this log time on: ISO 8601, nanoseconds since 1970, or +10s from the recording's start.", HelpName = "TIME" };
    private readonly Option<string?> end = new("--end") { Description = "Up to this log time, inclusive; as --start.", HelpName = "TIME" };
    private readonly Option<string[]> databases = new("--dbc") { Description = "DBC file that turns CAN frames into signals; FILE@2 for bus channel 2 only; may be given several times.", HelpName = "FILE[@N]", AllowMultipleArgumentsPerToken = false };

    public IEnumerable<Option> All => [topics, start, end, databases];

    public void AddTo(Command command)
    {
        foreach (var option in All) command.Add(option);
    }

    /// <summary>What was asked for. A time relative to the start needs the recording's start, which is looked up.</summary>
    public async Task<RecordingReaderOptions> ReadAsync(ParseResult parsed, IReadOnlyList<string> inputs, CancellationToken cancellationToken)
    {
        var options = new RecordingReaderOptions { Databases = [.. (parsed.GetValue(databases) ?? []).Select(OpenDatabase)] };
        string? from = parsed.GetValue(start), to = parsed.GetValue(end);
        ulong origin = 0;
        if (from?.StartsWith('+') == true || to?.StartsWith('+') == true) origin = await RecordingTimes.StartOfAsync(inputs, options, cancellationToken).ConfigureAwait(false);
        string[] globs = parsed.GetValue(topics) ?? [];
        return options with
        {
            Query = new RecordingQuery
            {
                Topics = globs.Length == 0 ? null : globs,
                StartTimeNs = from is null ? 0 : TimeOf("--start", from, origin),
                EndTimeNs = to is null ? ulong.MaxValue : TimeOf("--end", to, origin),
            },
        };
    }

    private static ulong TimeOf(string option, string text, ulong origin)
    {
        if (text.StartsWith('+') && DurationText.TryParseNs(text[1..], out long offset)) return origin + (ulong)offset;
        if (ulong.TryParse(text, CultureInfo.InvariantCulture, out ulong nanoseconds)) return nanoseconds;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time >= DateTimeOffset.UnixEpoch)
        {
            return (ulong)(time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * 100;
        }

        throw new UsageException($"{option} '{text}' is no time: write 2026-03-01T08:00:00Z, nanoseconds since 1970, or +10s from the start.");
    }

    private static BusDatabaseBinding OpenDatabase(string argument)
    {
        int at = argument.LastIndexOf('@');
        bool hasChannel = at > 0 && int.TryParse(argument[(at + 1)..], CultureInfo.InvariantCulture, out _);
        string path = hasChannel ? argument[..at] : argument;
        try
        {
            return new BusDatabaseBinding(
                BusDatabase.Parse(Path.GetFileName(path), File.ReadAllBytes(path)), hasChannel ? int.Parse(argument[(at + 1)..], CultureInfo.InvariantCulture) : null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--dbc: cannot read '{path}': {exception.Message}");
        }
    }
}
