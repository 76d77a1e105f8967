using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mesh.Model;

namespace Mesh.Upload;

/// <summary>
/// Sends recordings over tus 1.0: hashes the file first, so that a known recording is not sent again and an interrupted upload, even of an
/// earlier process, is resumed where it stands.
/// </summary>
public sealed class UploadClient(HttpClient http, UploadClientOptions options)
{
    private const int BufferBytes = 1 << 17;

    /// <summary>Sends a file and waits for the answer.</summary>
    /// <param name="path">The recording.</param>
    /// <param name="vehicle">Id of the vehicle.</param>
    /// <param name="session">Name of the drive; empty for none.</param>
    /// <param name="progress">Told the bytes the server has, from time to time.</param>
    /// <param name="cancellationToken">Stops; what was sent can be resumed.</param>
    /// <exception cref="MeshException"><c>MESH1020</c> the file cannot be read, <c>MESH1021</c> the server cannot be reached.</exception>
    public async Task<UploadAnswer> UploadAsync(
        string path, string vehicle, string session, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH1020", $"Cannot read '{path}': {exception.Message}", innerException: exception);
        }

        // The requests carry its trace context, so that what becomes of the recording belongs to the producer's trace. Recorded, or the server
        // would take it for a trace that nobody wants.
        using var activity = MeshTracing.Continue("upload recording", ActivityKind.Client, Activity.Current?.Id);
        if (activity.ParentId is null) activity.ActivityTraceFlags |= ActivityTraceFlags.Recorded;
        await using (file.ConfigureAwait(false))
        {
            string sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false));
            var transfer = new Transfer(file, Path.GetFileName(path), vehicle, session, sha256, progress);
            for (int attempt = 1; ; attempt++)
            {
                try
                {
                    return await SendAsync(transfer, cancellationToken).ConfigureAwait(false);
                }
                catch (QuotaException quota)
                {
                    // The server is well and says when: that is no failed attempt.
                    await Task.Delay(quota.RetryAfter, cancellationToken).ConfigureAwait(false);
                    attempt--;
                }
                catch (Exception exception) when (IsConnectionTrouble(exception) && !cancellationToken.IsCancellationRequested)
                {
                    if (attempt >= options.MaxAttempts)
                    {
                        throw new MeshException("MESH1021", $"The server at {options.Server} cannot be reached: {exception.Message} Is `mesh up` running? `--server` or MESH_SERVER names another address.", isTransient: true, exception);
                    }

                    await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(10_000, 250 << (attempt - 1))), cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task<UploadAnswer> SendAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        long offset;
        if (transfer.Location is null)
        {
            using var creation = await CreateAsync(transfer, cancellationToken).ConfigureAwait(false);
            ThrowIfToWait(creation);
            if (!creation.IsSuccessStatusCode || creation.Headers.Contains("Mesh-Result")) return await AnswerOfAsync(creation, transfer, cancellationToken).ConfigureAwait(false);
            transfer.Location = creation.Headers.Location;
            offset = OffsetOf(creation);
        }
        else
        {
            using var head = await SendAsync(new HttpRequestMessage(HttpMethod.Head, transfer.Location), cancellationToken).ConfigureAwait(false);
            if (head.StatusCode == HttpStatusCode.NotFound)
            {
                transfer.Location = null;
                throw new HttpRequestException("the server has forgotten the upload");
            }

            if (head.Headers.Contains("Mesh-Result")) return await AnswerOfAsync(head, transfer, cancellationToken).ConfigureAwait(false);
            offset = OffsetOf(head);
        }

        using var patch = new HttpRequestMessage(HttpMethod.Patch, transfer.Location) { Content = new RestOfFile(transfer, offset) };
        patch.Headers.TryAddWithoutValidation("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture));
        using var answer = await SendAsync(patch, cancellationToken).ConfigureAwait(false);
        ThrowIfToWait(answer);
        if (answer.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.Locked) throw new HttpRequestException($"the upload stands elsewhere ({(int)answer.StatusCode})");
        return await AnswerOfAsync(answer, transfer, cancellationToken).ConfigureAwait(false);
    }

    private void ThrowIfToWait(HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.TooManyRequests && response.Headers.RetryAfter?.Delta is { } wait && wait <= options.MaxQuotaWait) throw new QuotaException(wait);
    }

    private Task<HttpResponseMessage> CreateAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        var creation = new HttpRequestMessage(HttpMethod.Post, new Uri(options.Server, "uploads"));
        creation.Headers.TryAddWithoutValidation("Upload-Length", transfer.File.Length.ToString(CultureInfo.InvariantCulture));
        creation.Headers.TryAddWithoutValidation("Mesh-Check-Duplicate", "1");
        string metadata = string.Join(',', Pairs().Where(pair => pair.Value.Length > 0).Select(pair => $"{pair.Key} {Convert.ToBase64String(Encoding.UTF8.GetBytes(pair.Value))}"));
        creation.Headers.TryAddWithoutValidation("Upload-Metadata", metadata);
        return SendAsync(creation, cancellationToken);

        IEnumerable<(string Key, string Value)> Pairs() =>
            [("filename", transfer.FileName), ("vehicle", transfer.Vehicle), ("session", transfer.Session), ("sha256", transfer.Sha256)];
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("Tus-Resumable", "1.0.0");
        if (options.Token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Token);
        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private static async Task<UploadAnswer> AnswerOfAsync(HttpResponseMessage response, Transfer transfer, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            var result = Enum.TryParse<UploadResult>(Header(response, "Mesh-Result"), ignoreCase: true, out var parsed) ? parsed : UploadResult.Incomplete;
            if (result == UploadResult.Incomplete) throw new HttpRequestException("the upload ended without an answer");
            return new UploadAnswer(result, Header(response, "Mesh-Ingest-Id"), null, Header(response, "Mesh-Reason"), transfer.SentBytes);
        }

        string? code = Header(response, "Mesh-Code");
        if (code is null && (int)response.StatusCode >= 500) throw new HttpRequestException($"the server failed with {(int)response.StatusCode}");
        string? reason = Header(response, "Mesh-Reason");
        if (response.Content.Headers.ContentType?.MediaType == "application/json")
        {
            var body = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken).ConfigureAwait(false);
            if (body.ValueKind == JsonValueKind.Object && body.TryGetProperty("reason", out var text)) reason = text.GetString();
        }

        if (response.StatusCode == HttpStatusCode.Unauthorized) reason = "The server asks for a token: give --token or set MESH_HTTP__TOKEN.";
        return new UploadAnswer(UploadResult.Refused, null, code ?? $"HTTP {(int)response.StatusCode}", reason ?? response.ReasonPhrase, transfer.SentBytes);
    }

    private static long OffsetOf(HttpResponseMessage response) =>
        long.TryParse(Header(response, "Upload-Offset"), NumberStyles.None, CultureInfo.InvariantCulture, out long offset) ? offset : 0;

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.First() : null;

    private static bool IsConnectionTrouble(Exception exception) => exception is HttpRequestException or IOException or TaskCanceledException;

    private sealed class QuotaException(TimeSpan retryAfter) : Exception
    {
        public TimeSpan RetryAfter => retryAfter;
    }

    private sealed class Transfer(FileStream file, string fileName, string vehicle, string session, string sha256, IProgress<long>? progress)
    {
        public FileStream File => file;

        public string FileName => fileName;

        public string Vehicle => vehicle;

        public string Session => session;

        public string Sha256 => sha256;

        public IProgress<long>? Progress => progress;

        public Uri? Location { get; set; }

        public long SentBytes { get; set; }
    }

    /// <summary>The file from an offset on, telling progress while it is sent.</summary>
    private sealed class RestOfFile : HttpContent
    {
        private readonly Transfer transfer;
        private readonly long offset;

        public RestOfFile(Transfer transfer, long offset)
        {
            this.transfer = transfer;
            this.offset = offset;
            Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            transfer.File.Position = offset;
            byte[] buffer = new byte[BufferBytes];
            int read;
            while ((read = await transfer.File.ReadAsync(buffer).ConfigureAwait(false)) > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, read)).ConfigureAwait(false);
                transfer.SentBytes += read;
                transfer.Progress?.Report(transfer.File.Position);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = transfer.File.Length - offset;
            return true;
        }
    }
}
