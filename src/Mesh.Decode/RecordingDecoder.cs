using System.Runtime.CompilerServices;
using Mesh.Formats;
using Mesh.Kafka.Events;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.Ingest;
using Microsoft.Extensions.Logging;

namespace Mesh.Decode;

/// <summary>
/// Turns a recording in the landing area into batches of typed columns. Bad messages become dead letters, damaged places become losses of
/// the account; every message read is in exactly one of rows, dead letters and not selected.
/// </summary>
/// <param name="options">Channels, policies, limits.</param>
/// <param name="landing">Where recordings are.</param>
/// <param name="writeLetter">Writes a dead letter and returns when it is durable.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Log.</param>
public sealed class RecordingDecoder(
    DecodeOptions options, IObjectStore landing, Func<DeadLetter, CancellationToken, Task> writeLetter, TimeProvider time, ILogger logger)
{
    /// <summary>
    /// Decodes a recording forward. Batches of one channel are in recorded order; every dead letter is durable when the sequence ends.
    /// </summary>
    /// <param name="upload">The attempt.</param>
    /// <param name="account">Filled while decoding; complete at the end.</param>
    /// <param name="cancellationToken">Stops decoding.</param>
    /// <exception cref="RecordingFormatException">The object is not a recording: the upload as a whole is a dead letter.</exception>
    /// <exception cref="MeshException">
    /// <c>MESH2102</c> a message or place is damaged and the topology says <c>onCorrupt: fail</c>; storage errors as they come.
    /// </exception>
    public IAsyncEnumerable<ChannelBatch> DecodeAsync(UploadContext upload, DecodeAccount account, CancellationToken cancellationToken) =>
        DecodeAsync(upload, account, null, cancellationToken);

    /// <summary>The same with clocks that a first pass has made known.</summary>
    /// <param name="upload">The attempt.</param>
    /// <param name="account">Filled while decoding; complete at the end.</param>
    /// <param name="clocks">Corrects times; null to keep them.</param>
    /// <param name="cancellationToken">Stops decoding.</param>
    public async IAsyncEnumerable<ChannelBatch> DecodeAsync(
        UploadContext upload, DecodeAccount account, IClockCorrection? clocks, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var reader = await OpenAsync(upload, cancellationToken).ConfigureAwait(false);
        var session = new RecordingSession(upload, options, account, reader, clocks, time);
        while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
        {
            session.Take(block);
            bool goesOn;
            do
            {
                goesOn = session.Continue();
                await WriteLettersAsync(session.Letters.TakePending(), cancellationToken).ConfigureAwait(false);
                var batch = session.TakeFull();

                // Whoever takes the batch may be long in writing it.
                if (session.IsBlockDone) reader.ReleaseBlock();
                if (batch is not null) yield return batch;
            }
            while (goesOn);

            if (options.OnCorrupt == CorruptPolicy.Fail && reader.Losses.Count > 0) throw Damaged(upload, reader.Losses[0].ToString());
            CrashPoint.Reach("decode.mid-recording");
        }

        // Damage at the very end is known only now.
        if (options.OnCorrupt == CorruptPolicy.Fail && reader.Losses.Count > 0) throw Damaged(upload, reader.Losses[0].ToString());
        foreach (var batch in session.TakeRest()) yield return batch;
        await WriteLettersAsync([.. session.Letters.TakeRanges()], cancellationToken).ConfigureAwait(false);
        session.Close();
        foreach (var loss in account.Losses) DecodeLog.DataLost(logger, loss.Bytes, loss.Offset, upload.IngestId, loss.Code, loss.Expected, loss.Found);
    }

    /// <summary>A first pass that reads nothing but the timestamps of the selected channels and of the truth channel. Damage is left to the second.</summary>
    /// <param name="upload">The attempt.</param>
    /// <param name="stamps">Takes them.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="RecordingFormatException">The object is not a recording.</exception>
    public async Task ScanStampsAsync(UploadContext upload, IClockStamps stamps, CancellationToken cancellationToken)
    {
        await using var reader = await OpenAsync(upload, cancellationToken).ConfigureAwait(false);
        await StampScanner.ScanAsync(
            reader,
            channel => options.Correct(channel, upload.VehicleId),
            channel => options.Selects(channel.Schema?.Name ?? "", channel.Topic, upload.VehicleId),
            stamps,
            options.Messages,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The failure of a whole recording because of one damaged place.</summary>
    internal static MeshException Damaged(UploadContext upload, string what) => new(
        "MESH2102", $"Recording {upload.IngestId} is damaged and the topology says onCorrupt: fail. {what}. Set onCorrupt: deadLetter to take what is intact.");

    private async ValueTask<RecordingReader> OpenAsync(UploadContext upload, CancellationToken cancellationToken)
    {
        var source = await landing.OpenAsync(landing.KeyOf(upload.RecordingUri), cancellationToken).ConfigureAwait(false);
        try
        {
            return await RecordingFormats.OpenAsync(new NamedByteSource(source, upload.FileName), options.Reader with { ListAboveBytes = options.MaxMessageBytes }, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // At most a handful are pending: the session stops for them.
    private Task WriteLettersAsync(DeadLetter[] letters, CancellationToken cancellationToken) =>
        letters.Length == 0 ? Task.CompletedTask : Task.WhenAll(Array.ConvertAll(letters, letter => writeLetter(letter, cancellationToken)));
}
