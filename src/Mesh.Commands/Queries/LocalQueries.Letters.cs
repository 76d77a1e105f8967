using Mesh.Commands.Replay;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;

namespace Mesh.Commands.Queries;

/// <summary>Dead letters, replays and versions of products.</summary>
public sealed partial class LocalQueries
{
    private const int MaxHexBytes = 4096;

    /// <summary>A longer message is not decoded for people to look at: its text would be many times as long.</summary>
    private const long MaxShownBytes = 4 << 20;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DeadLetterView>> ListDeadLettersAsync(DeadLetterFilter filter, int limit, CancellationToken cancellationToken)
    {
        await facts.CatchUpWithLettersAsync(cancellationToken).ConfigureAwait(false);
        return [.. (await letters.ListAsync(filter, limit, cancellationToken).ConfigureAwait(false)).Select(DeadLetterView.Of)];
    }

    /// <inheritdoc/>
    public async Task<DeadLetterDetails?> FindDeadLetterAsync(string id, CancellationToken cancellationToken)
    {
        await facts.CatchUpWithLettersAsync(cancellationToken).ConfigureAwait(false);
        if (await letters.FindAsync(id, cancellationToken).ConfigureAwait(false) is not { } letter) return null;
        var (payload, channel, problem) = letter.PayloadBytes > MaxShownBytes && letter.Kind == DeadLetterKind.Messages
            ? (null, null, $"it has {letter.PayloadBytes:N0} bytes, too many to be shown")
            : await PayloadOfAsync(letter, cancellationToken).ConfigureAwait(false);
        var (decoded, failure) = payload is not null && channel is not null ? LetterPayload.Decode(payload, channel) : (null, null);
        return new DeadLetterDetails(
            DeadLetterView.Of(letter), RemedyOf(letter), PlaceOf(letter.Source), PlaceOf(letter.Letter), letter.PayloadUri, letter.PayloadOffset,
            await letters.HistoryAsync(letter.Id, cancellationToken).ConfigureAwait(false),
            payload is null ? null : Convert.ToHexStringLower(payload.AsSpan(0, Math.Min(payload.Length, MaxHexBytes))), problem ?? failure, decoded);
    }

    /// <inheritdoc/>
    public async Task<byte[]?> ReadDeadLetterPayloadAsync(string id, CancellationToken cancellationToken)
    {
        if (await letters.FindAsync(id, cancellationToken).ConfigureAwait(false) is not { } letter) return null;
        var (payload, _, problem) = await PayloadOfAsync(letter, cancellationToken).ConfigureAwait(false);
        return payload ?? throw new MeshException("MESH2369", $"Dead letter {letter.Id[..12]} has no payload to show: {problem}");
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReplayEntry>> ListReplaysAsync(int limit, CancellationToken cancellationToken) =>
        await replays.ListAsync(limit, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<ReplayDetails?> FindReplayAsync(string id, CancellationToken cancellationToken) =>
        await replays.FindAsync(id, cancellationToken).ConfigureAwait(false) is { } replay
            ? new ReplayDetails(replay, await replays.ListItemsAsync(replay.Id, null, ReplayDetails.MaxItems, cancellationToken).ConfigureAwait(false))
            : null;

    /// <inheritdoc/>
    public async Task<ProductVersionsView?> FindProductVersionsAsync(string product, CancellationToken cancellationToken) =>
        await versions.FindAsync(product, cancellationToken).ConfigureAwait(false);

    // The letter's own bytes first; else, and for the schema, the recording, which a message is found in by its coordinates.
    private async Task<(byte[]? Payload, Formats.RecordingChannel? Channel, string? Problem)> PayloadOfAsync(DeadLetterEntry letter, CancellationToken cancellationToken)
    {
        byte[]? inline = await letters.PayloadAsync(letter.Id, cancellationToken).ConfigureAwait(false);
        if (letter.Kind == DeadLetterKind.Recording) return (null, null, $"it is the whole recording, {letter.PayloadBytes:N0} bytes at {letter.PayloadUri}");
        if (letter.Kind != DeadLetterKind.Messages) return (inline, null, inline is null ? "it was too large for the letter" : null);
        var recording = IngestId.TryParse(letter.IngestId, out var id) ? await recordings.FindAsync(id, cancellationToken).ConfigureAwait(false) : null;
        if (recording is null) return (inline, null, inline is null ? "the recording is not known here" : null);
        if (recording.LandingDeletedAt is { } deleted) return (inline, null, $"retention deleted the recording on {deleted:yyyy-MM-dd}");
        try
        {
            var found = await LetterPayload.FindAsync(landing, recording.Uri, recording.FileName, letter, cancellationToken).ConfigureAwait(false);
            return found is { } message ? (inline ?? message.Payload, message.Channel, null) : (inline, null, inline is null ? "the recording as it is has no such message; a bus database made the channel" : null);
        }
        catch (MeshException exception)
        {
            return (inline, null, $"{exception.Code}: {exception.Message}");
        }
    }

    private static string PlaceOf(Kafka.EventPosition position) => position.Topic is { Length: > 0 } ? $"{position.Topic}-{position.Partition}@{position.Offset}" : "";

    private static string RemedyOf(DeadLetterEntry letter)
    {
        string id = letter.Id[..12];
        return letter.State switch
        {
            DeadLetterState.Replayed => "None needed: it is in the lake.",
            DeadLetterState.Dropped => "None: it was given up.",
            DeadLetterState.Replaying => $"Wait: replay {letter.ReplayId.Split('-')[0]} works on it (`mesh replay show {letter.ReplayId.Split('-')[0]}`).",
            _ => letter.Kind switch
            {
                DeadLetterKind.Event => $"Correct the producer of {letter.Source.Topic} and let it send anew, then `mesh deadletters drop {id} --reason TEXT`.",
                DeadLetterKind.FileSet => $"Bring table {letter.Channel} in order, then `mesh deadletters replay {id}`.",
                DeadLetterKind.Recording => $"Correct what the reason names in topology {letter.Topology}, apply it (`mesh topology apply FILE`), then `mesh deadletters replay {id}`; or publish a whole recording instead.",
                _ when letter.Code == "MESH2107" => $"Raise limits.maxMessage of topology {letter.Topology}, apply it (`mesh topology apply FILE`), then `mesh deadletters replay {id}`.",
                _ => $"Correct the decode section of topology {letter.Topology} (`schemas` for a wrong schema, `databases` for a bus), apply it (`mesh topology apply FILE`), then `mesh deadletters replay {id}`.",
            },
        };
    }
}
