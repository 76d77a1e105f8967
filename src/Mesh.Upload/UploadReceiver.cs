using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Microsoft.Extensions.Logging;

namespace Mesh.Upload;

/// <summary>
/// Takes uploads: bytes into a part file, the whole part into the landing area, the recording and its event into the database.
/// Safe for concurrent uploads; one upload is written by one request at a time.
/// </summary>
public sealed class UploadReceiver : IDisposable
{
    private readonly UploadOptions options;
    private readonly IObjectStore landing;
    private readonly RecordingStore recordings;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly UploadSessionStore sessions;
    private readonly ConcurrentDictionary<string, PartHash> hashes = new();
    private readonly ConcurrentDictionary<string, byte> busy = new();

    /// <param name="options">What is accepted.</param>
    /// <param name="landing">Where recordings land.</param>
    /// <param name="recordings">Known recordings.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock.</param>
    public UploadReceiver(UploadOptions options, IObjectStore landing, RecordingStore recordings, ILogger<UploadReceiver> logger, TimeProvider time)
    {
        this.options = options;
        this.landing = landing;
        this.recordings = recordings;
        this.logger = logger;
        this.time = time;
        sessions = new UploadSessionStore(options.PartsFolder);
    }

    /// <summary>Largest recording accepted, in bytes.</summary>
    public long MaxBytes => options.MaxBytes;

    /// <summary>
    /// Begins an upload. When the producer names the hash and the same upload was begun before, that one is returned to be resumed.
    /// </summary>
    /// <param name="length">Size in bytes.</param>
    /// <param name="metadata">Upload-Metadata: <c>vehicle</c> required; <c>session</c>, <c>filename</c>, <c>sha256</c>.</param>
    /// <param name="rawMetadata">As received.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="UploadRefusedException">The upload is refused; the message says why.</exception>
    public async ValueTask<UploadSession> CreateAsync(
        long length, IReadOnlyDictionary<string, string> metadata, string? rawMetadata, CancellationToken cancellationToken)
    {
        var wanted = Describe(Guid.NewGuid().ToString("N"), length, metadata, rawMetadata);
        return wanted.ExpectedSha256 is not null && sessions.FindResumable(wanted) is { } begun ? begun : await BeginAsync(wanted, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finds the upload of an id that the producer has chosen, or begins it.</summary>
    /// <param name="id">A GUID without dashes.</param>
    /// <param name="length">Size in bytes.</param>
    /// <param name="metadata">As <see cref="CreateAsync"/> takes it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="UploadRefusedException">As <see cref="CreateAsync"/>; <c>MESH1030</c> when the id belongs to another recording.</exception>
    public async ValueTask<UploadSession> OpenAsync(string id, long length, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        var wanted = Describe(id, length, metadata, null);
        if (await FindAsync(id, cancellationToken).ConfigureAwait(false) is not { } begun) return await BeginAsync(wanted, cancellationToken).ConfigureAwait(false);
        if (begun.Length == wanted.Length && begun.ExpectedSha256 == wanted.ExpectedSha256 && begun.VehicleId == wanted.VehicleId && begun.Session == wanted.Session) return begun;
        throw new UploadRefusedException(409, "MESH1030", "This upload id belongs to a recording of another size, hash, vehicle or session: give every recording an id of its own.");
    }

    /// <summary>An upload, or null when it is unknown or has expired. A part that is complete but was never answered is finished first.</summary>
    public async ValueTask<UploadSession?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var session = sessions.Find(id);
        if (session is null || session.Result != UploadResult.Incomplete || sessions.PartLength(id) < session.Length) return session;

        // The process died between the last byte and the answer; nothing but this process writes the part, so finishing is safe.
        if (!busy.TryAdd(id, 0)) return session;
        try
        {
            return await FinishAsync(session, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            busy.TryRemove(id, out _);
        }
    }

    /// <summary>Bytes of an upload that are there.</summary>
    public long OffsetOf(UploadSession session) => session.Result == UploadResult.Incomplete ? sessions.PartLength(session.Id) : session.Length;

    /// <summary>
    /// Whether the recording that a producer is about to send is there already.
    /// </summary>
    public async ValueTask<IngestId?> FindDuplicateAsync(UploadSession session, CancellationToken cancellationToken)
    {
        if (session.ExpectedSha256 is null) return null;
        var id = IngestId.Compute(Convert.FromHexString(session.ExpectedSha256), session.VehicleId, session.Session);
        return await recordings.FindAsync(id, cancellationToken).ConfigureAwait(false) is null ? null : id;
    }

    /// <summary>Answers an upload as a duplicate without its bytes, because the producer has named a hash that is known.</summary>
    public async ValueTask<UploadSession> AnswerDuplicateAsync(UploadSession session, IngestId id, CancellationToken cancellationToken)
    {
        var known = (await recordings.FindAsync(id, cancellationToken).ConfigureAwait(false))!;
        await recordings.TryAddAsync(known, static _ => Task.CompletedTask, cancellationToken).ConfigureAwait(false);
        return await AnswerAsync(session with { Result = UploadResult.Duplicate, IngestId = id.ToString(), Reason = DuplicateReason(known) }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Appends bytes at <paramref name="offset"/>; when they are the last, finishes the upload. What has arrived stays when the connection breaks.
    /// </summary>
    /// <returns>The upload and the offset afterwards.</returns>
    /// <exception cref="UploadRefusedException">409 wrong offset, 423 another request is writing, 413 too many bytes, 507 no space, 460 wrong hash.</exception>
    public ValueTask<(UploadSession Session, long Offset)> AppendAsync(
        UploadSession session, long offset, PipeReader body, CancellationToken cancellationToken) => AppendAsync(session, offset, body, null, cancellationToken);

    /// <param name="paceAsync">Called after bytes have been written; returns when more may come.</param>
    internal async ValueTask<(UploadSession Session, long Offset)> AppendAsync(
        UploadSession session, long offset, PipeReader body, Func<long, CancellationToken, ValueTask>? paceAsync, CancellationToken cancellationToken)
    {
        if (!busy.TryAdd(session.Id, 0))
        {
            throw new UploadRefusedException(423, "MESH1009", "Another request is writing this upload: wait for it, then ask for the offset again.", isTransient: true);
        }

        try
        {
            long present = sessions.PartLength(session.Id);
            if (offset != present)
            {
                throw new UploadRefusedException(409, "MESH1010", $"The upload stands at byte {present}, not {offset}: ask for the offset (HEAD) and continue there.", isTransient: true);
            }

            RequireSpace(session.Length - present);
            offset = await WritePartAsync(session, offset, body, paceAsync, cancellationToken).ConfigureAwait(false);
            if (offset == session.Length) session = await FinishAsync(session, cancellationToken).ConfigureAwait(false);
            return (session, offset);
        }
        catch (IOException exception) when (IsDiskFull(exception))
        {
            throw DiskFull();
        }
        finally
        {
            busy.TryRemove(session.Id, out _);
        }
    }

    /// <summary>Forgets an upload and what has arrived of it. An accepted recording is not touched.</summary>
    public bool Terminate(string id)
    {
        if (sessions.Find(id) is null || !busy.TryAdd(id, 0)) return false;
        Forget(id);
        busy.TryRemove(id, out _);
        return true;
    }

    /// <summary>Finishes uploads that were complete when the process died and forgets those that have expired.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        foreach (var session in sessions.List())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (session.CreatedAt < time.GetUtcNow() - options.SessionRetention) Forget(session.Id);
            else if (session.Result != UploadResult.Incomplete) sessions.DeletePart(session.Id);
            else await TryFinishAsync(session, cancellationToken).ConfigureAwait(false);
        }
    }

    // One upload with a wrong hash, or a disk that is full, does not keep the server from starting; whoever asks for the upload gets the answer.
    private async ValueTask TryFinishAsync(UploadSession session, CancellationToken cancellationToken)
    {
        try
        {
            await FindAsync(session.Id, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is MeshException or IOException)
        {
            Log.UploadFailed(logger, exception, session.Id);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var hash in hashes.Values) hash.Dispose();
    }

    private UploadSession Describe(string id, long length, IReadOnlyDictionary<string, string> metadata, string? rawMetadata)
    {
        if (length == 0) throw new UploadRefusedException(400, "MESH1005", "The file is empty: there is nothing to ingest.");
        if (length > options.MaxBytes)
        {
            throw new UploadRefusedException(413, "MESH1006", $"The file has {ByteSizeText.Format(length)}, more than the {ByteSizeText.Format(options.MaxBytes)} of `upload.maxBytes`.");
        }

        string vehicle;
        try
        {
            vehicle = VehiclePseudonym.Of(metadata.GetValueOrDefault("vehicle"), options.VinKey);
        }
        catch (MeshException exception)
        {
            throw new UploadRefusedException(400, exception.Code, exception.Message);
        }

        string? sha256 = metadata.GetValueOrDefault("sha256")?.ToLowerInvariant();
        if (sha256 is not null && (sha256.Length != 64 || sha256.AsSpan().ContainsAnyExcept("0123456789abcdef")))
        {
            throw new UploadRefusedException(400, "MESH1007", "`sha256` in Upload-Metadata is not 64 hexadecimal digits.");
        }

        string session = metadata.GetValueOrDefault("session") ?? "";
        if (session.Length > 256) throw new UploadRefusedException(400, "MESH1008", "`session` in Upload-Metadata is longer than 256 characters.");
        return new UploadSession
        {
            Id = id,
            Length = length,
            VehicleId = vehicle,
            Session = session,
            FileName = SafeFileName(metadata.GetValueOrDefault("filename")),
            ExpectedSha256 = sha256,
            Metadata = rawMetadata,
            CreatedAt = time.GetUtcNow(),
        };
    }

    private async ValueTask<UploadSession> BeginAsync(UploadSession wanted, CancellationToken cancellationToken)
    {
        RequireSpace(wanted.Length);
        await sessions.SaveAsync(wanted, cancellationToken).ConfigureAwait(false);
        return wanted;
    }

    private async ValueTask<long> WritePartAsync(
        UploadSession session, long offset, PipeReader body, Func<long, CancellationToken, ValueTask>? paceAsync, CancellationToken cancellationToken)
    {
        var hash = await HashUpToAsync(session.Id, offset, cancellationToken).ConfigureAwait(false);
        var part = sessions.OpenPart(session.Id);
        await using (part.ConfigureAwait(false))
        {
            while (true)
            {
                ReadResult read;
                try
                {
                    read = await body.ReadAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (Exception exception) when (exception is IOException or OperationCanceledException)
                {
                    // The producer went away: what has arrived is flushed by the disposal below and can be resumed.
                    Log.UploadInterrupted(logger, session.Id, offset, session.Length);
                    throw;
                }

                if (offset + read.Buffer.Length > session.Length)
                {
                    throw new UploadRefusedException(413, "MESH1012", $"More bytes arrived than the {session.Length} announced.");
                }

                foreach (var segment in read.Buffer)
                {
                    await part.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
                    UploadMetrics.Arrived(segment.Length);
                    hash.Append(segment.Span);
                    offset += segment.Length;
                }

                long arrived = read.Buffer.Length;
                body.AdvanceTo(read.Buffer.End);
                if (paceAsync is not null && !read.IsCompleted) await paceAsync(arrived, cancellationToken).ConfigureAwait(false);
                if (read.IsCompleted) break;
            }
        }

        return offset;
    }

    private async ValueTask<UploadSession> FinishAsync(UploadSession session, CancellationToken cancellationToken)
    {
        using var activity = MeshTracing.Source.StartActivity("accept upload");
        long started = Stopwatch.GetTimestamp();
        var hash = await HashUpToAsync(session.Id, session.Length, cancellationToken).ConfigureAwait(false);
        byte[] sha256 = hash.Current();
        string hex = Convert.ToHexStringLower(sha256);
        if (session.ExpectedSha256 is not null && session.ExpectedSha256 != hex)
        {
            Forget(session.Id);
            Log.WrongHash(logger, session.FileName, session.ExpectedSha256, hex);
            throw new UploadRefusedException(460, "MESH1013", $"The bytes that arrived have SHA-256 {hex}, not the announced {session.ExpectedSha256}. Nothing was kept: send the file again.");
        }

        var ingestId = IngestId.Compute(sha256, session.VehicleId, session.Session);
        activity?.SetTag("mesh.ingest.id", ingestId.ToString());
        if (await recordings.FindAsync(ingestId, cancellationToken).ConfigureAwait(false) is { } known)
        {
            await recordings.TryAddAsync(known, static _ => Task.CompletedTask, cancellationToken).ConfigureAwait(false);
            return await AnswerAsync(session with { Result = UploadResult.Duplicate, IngestId = ingestId.ToString(), Reason = DuplicateReason(known) }, cancellationToken).ConfigureAwait(false);
        }

        string key = $"{ingestId.ToString()[..2]}/{ingestId}{Path.GetExtension(session.FileName)}";
        CrashPoint.Reach("upload.before-put");
        await landing.ImportFileAsync(sessions.PartPath(session.Id), key, cancellationToken).ConfigureAwait(false);
        CrashPoint.Reach("upload.after-put");

        var entry = new RecordingEntry
        {
            IngestId = ingestId,
            VehicleId = session.VehicleId,
            Session = session.Session,
            FileName = session.FileName,
            Uri = landing.UriOf(key),
            SizeBytes = session.Length,
            ContentSha256 = hex,
            AcceptedAt = time.GetUtcNow(),
        };
        bool added = await recordings.TryAddAsync(entry, transaction => Outbox.AddAsync(
            transaction, Topics.Uploads, entry.VehicleId, UploadAccepted.Descriptor.FullName, Announce(entry).ToByteArray()), cancellationToken).ConfigureAwait(false);
        CrashPoint.Reach("upload.after-commit");
        UploadMetrics.Finished(started);
        Log.Accepted(logger, entry.FileName, entry.VehicleId, entry.SizeBytes, ingestId.ToString());
        return await AnswerAsync(
            session with { Result = added ? UploadResult.Accepted : UploadResult.Duplicate, IngestId = ingestId.ToString() }, cancellationToken).ConfigureAwait(false);
    }

    private static UploadAccepted Announce(RecordingEntry entry) => new()
    {
        IngestId = entry.IngestId.ToString(),
        VehicleId = entry.VehicleId,
        Session = entry.Session,
        FileName = entry.FileName,
        Uri = entry.Uri,
        SizeBytes = entry.SizeBytes,
        ContentSha256 = entry.ContentSha256,
        AcceptedAtUs = entry.AcceptedAt.ToUnixTimeMilliseconds() * 1000,
    };

    private static string DuplicateReason(RecordingEntry known) =>
        $"The same recording was accepted on {known.AcceptedAt:yyyy-MM-dd HH:mm:ss}Z as '{known.FileName}'.";

    private async ValueTask<UploadSession> AnswerAsync(UploadSession session, CancellationToken cancellationToken)
    {
        // The answer first, the part afterwards: a crash between them leaves a part that recovery deletes.
        await sessions.SaveAsync(session, cancellationToken).ConfigureAwait(false);
        UploadMetrics.Answered(session.Result, session.Length);
        sessions.DeletePart(session.Id);
        if (hashes.TryRemove(session.Id, out var hash)) hash.Dispose();
        return session;
    }

    private void Forget(string id)
    {
        sessions.Delete(id);
        if (hashes.TryRemove(id, out var hash)) hash.Dispose();
    }

    /// <summary>The running hash of a part; read again from disk when this process has not seen all of its bytes.</summary>
    private async ValueTask<PartHash> HashUpToAsync(string id, long offset, CancellationToken cancellationToken)
    {
        var hash = hashes.GetOrAdd(id, static _ => new PartHash());
        if (hash.Length == offset) return hash;

        hash.Reset();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            var bytes = new FileByteSource(sessions.PartPath(id));
            await using (bytes.ConfigureAwait(false))
            {
                while (hash.Length < offset)
                {
                    int wanted = (int)Math.Min(buffer.Length, offset - hash.Length);
                    int read = await bytes.ReadAtAsync(hash.Length, buffer.AsMemory(0, wanted), cancellationToken).ConfigureAwait(false);
                    if (read == 0) throw new EndOfStreamException($"The part of upload {id} is shorter than {offset} bytes.");
                    hash.Append(buffer.AsSpan(0, read));
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return hash;
    }

    private void RequireSpace(long bytes)
    {
        long free = new DriveInfo(Path.GetFullPath(options.PartsFolder)).AvailableFreeSpace;
        if (free - bytes >= options.MinFreeBytes) return;
        Log.NoSpace(logger, free, options.MinFreeBytes);
        throw new UploadRefusedException(
            507, "MESH1014", $"{ByteSizeText.Format(free)} are free, too little for {ByteSizeText.Format(bytes)} above the floor of {ByteSizeText.Format(options.MinFreeBytes)} (`upload.minFreeBytes`). Free space, then send again.", isTransient: true);
    }

    internal static UploadRefusedException DiskFull() =>
        new(507, "MESH1011", "The disk is full. What has arrived is kept: free space, then resume.", isTransient: true);

    internal static bool IsDiskFull(IOException exception) => (exception.HResult & 0xFFFF) is 28 or 112;

    private static string SafeFileName(string? name)
    {
        string last = Path.GetFileName(name ?? "");
        string clean = new([.. last.Where(character => !char.IsControl(character))]);
        return clean.Length is 0 or > 255 ? "recording" : clean;
    }
}
