using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Upload;

/// <summary>
/// The resumable upload protocol tus 1.0.0: core, and the extensions creation, creation-with-upload and termination. Mesh's answer comes in
/// <c>Mesh-Result</c>, <c>Mesh-Ingest-Id</c>, <c>Mesh-Code</c> and <c>Mesh-Reason</c>. Unfinished uploads are kept for
/// <see cref="UploadOptions.SessionRetention"/>.
/// </summary>
public static class TusEndpoints
{
    private const string Version = "1.0.0";

    /// <summary>Maps <c>/uploads</c>.</summary>
    /// <param name="endpoints">Where.</param>
    /// <param name="receiver">Takes the uploads.</param>
    /// <param name="gate">Keeps vehicles and producers within their quotas; null lets everybody pass.</param>
    public static void MapUploads(this IEndpointRouteBuilder endpoints, UploadReceiver receiver, UploadGate? gate = null)
    {
        gate ??= UploadGate.Open;
        var uploads = endpoints.MapGroup("/uploads").AddEndpointFilter(async (context, next) =>
        {
            context.HttpContext.Response.Headers["Tus-Resumable"] = Version;
            try
            {
                return await next(context).ConfigureAwait(false);
            }
            catch (UploadRefusedException refusal)
            {
                return Refuse(context.HttpContext, refusal);
            }
            catch (MeshException failure) when (failure.IsTransient)
            {
                // The disk or the database, not the recording: what has arrived is kept and the same upload can be sent again.
                return Refuse(context.HttpContext, new UploadRefusedException(507, failure.Code, $"{failure.Message} Then send again.", isTransient: true));
            }
            catch (IOException failure) when (UploadReceiver.IsDiskFull(failure))
            {
                return Refuse(context.HttpContext, UploadReceiver.DiskFull());
            }
        });

        uploads.MapMethods("/", ["OPTIONS"], (HttpContext context) => Describe(context, receiver));
        uploads.MapMethods("/{id}", ["OPTIONS"], (HttpContext context, string id) => Describe(context, receiver));
        uploads.MapPost("/", (Delegate)((HttpContext context) => CreateAsync(context, receiver, gate)));
        uploads.MapMethods("/{id}", ["HEAD"], (HttpContext context, string id) => HeadAsync(context, receiver, id));
        uploads.MapGet("/{id}", (HttpContext context, string id) => GetAsync(context, receiver, id));
        uploads.MapPatch("/{id}", (HttpContext context, string id) => PatchAsync(context, receiver, gate, id));
        uploads.MapDelete("/{id}", (HttpContext context, string id) =>
        {
            if (RequireVersion(context) is { } wrongVersion) return wrongVersion;
            if (!receiver.Terminate(id)) return Results.NotFound();
            gate.Return(id);
            return Results.NoContent();
        });
    }

    private static IResult Describe(HttpContext context, UploadReceiver receiver)
    {
        context.Response.Headers["Tus-Version"] = Version;
        context.Response.Headers["Tus-Extension"] = "creation,creation-with-upload,termination";
        context.Response.Headers["Tus-Max-Size"] = receiver.MaxBytes.ToString(CultureInfo.InvariantCulture);
        return Results.NoContent();
    }

    private static async Task<IResult> CreateAsync(HttpContext context, UploadReceiver receiver, UploadGate gate)
    {
        if (RequireVersion(context) is { } wrongVersion) return wrongVersion;
        if (!TryReadLength(context.Request.Headers["Upload-Length"], out long length))
        {
            throw new UploadRefusedException(400, "MESH1015", "Upload-Length is missing or not a number; uploads of unknown length are not supported.");
        }

        string? rawMetadata = context.Request.Headers["Upload-Metadata"];
        var session = await receiver.CreateAsync(length, ParseMetadata(rawMetadata), rawMetadata, context.RequestAborted).ConfigureAwait(false);
        context.Response.Headers.Location = $"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}/uploads/{session.Id}";

        // Other clients expect to send their bytes; ours asks first and spares them when the recording is known.
        if (context.Request.Headers.ContainsKey("Mesh-Check-Duplicate")
            && await receiver.FindDuplicateAsync(session, context.RequestAborted).ConfigureAwait(false) is { } known)
        {
            session = await receiver.AnswerDuplicateAsync(session, known, context.RequestAborted).ConfigureAwait(false);
            WriteAnswer(context, session, length);
            return Results.StatusCode(201);
        }

        long offset = receiver.OffsetOf(session);
        Reserve(context, receiver, gate, session, offset);
        if (context.Request.ContentType == "application/offset+octet-stream" && offset == 0)
        {
            (session, offset) = await AppendAsync(context, receiver, gate, session, 0).ConfigureAwait(false);
        }

        WriteAnswer(context, session, offset);
        return Results.StatusCode(201);
    }

    private static async Task<IResult> HeadAsync(HttpContext context, UploadReceiver receiver, string id)
    {
        if (RequireVersion(context) is { } wrongVersion) return wrongVersion;
        context.Response.Headers.CacheControl = "no-store";
        var session = await receiver.FindAsync(id, context.RequestAborted).ConfigureAwait(false);
        if (session is null) return Results.NotFound();
        context.Response.Headers["Upload-Length"] = session.Length.ToString(CultureInfo.InvariantCulture);
        if (session.Metadata is not null) context.Response.Headers["Upload-Metadata"] = session.Metadata;
        WriteAnswer(context, session, receiver.OffsetOf(session));
        return Results.Ok();
    }

    private static async Task<IResult> GetAsync(HttpContext context, UploadReceiver receiver, string id)
    {
        var session = await receiver.FindAsync(id, context.RequestAborted).ConfigureAwait(false);
        if (session is null) return Results.NotFound();
        return Results.Json(new Dictionary<string, object?>
        {
            ["upload_id"] = session.Id,
            ["result"] = session.Result.ToString().ToLowerInvariant(),
            ["ingest_id"] = session.IngestId,
            ["offset"] = receiver.OffsetOf(session),
            ["length"] = session.Length,
            ["vehicle_id"] = session.VehicleId,
            ["session"] = session.Session,
            ["file_name"] = session.FileName,
            ["code"] = session.Code,
            ["reason"] = session.Reason,
        });
    }

    private static async Task<IResult> PatchAsync(HttpContext context, UploadReceiver receiver, UploadGate gate, string id)
    {
        if (RequireVersion(context) is { } wrongVersion) return wrongVersion;
        if (context.Request.ContentType != "application/offset+octet-stream") return Results.StatusCode(415);
        if (!TryReadLength(context.Request.Headers["Upload-Offset"], out long offset))
        {
            throw new UploadRefusedException(400, "MESH1016", "Upload-Offset is missing or not a number.");
        }

        var session = await receiver.FindAsync(id, context.RequestAborted).ConfigureAwait(false);
        if (session is null) return Results.NotFound();
        if (session.Result == UploadResult.Incomplete)
        {
            (session, offset) = await AppendAsync(context, receiver, gate, session, offset).ConfigureAwait(false);
        }
        else if (offset != session.Length)
        {
            throw new UploadRefusedException(409, "MESH1010", $"The upload is finished at byte {session.Length}.");
        }

        WriteAnswer(context, session, offset);
        return Results.NoContent();
    }

    private static async Task<(UploadSession Session, long Offset)> AppendAsync(
        HttpContext context, UploadReceiver receiver, UploadGate gate, UploadSession session, long offset)
    {
        using var passage = gate.Enter(session.VehicleId, ProducerOf(context));
        AllowLargeBody(context);
        UploadMetrics.Began();
        try
        {
            var result = await receiver.AppendAsync(session, offset, context.Request.BodyReader, passage.PaceAsync, context.RequestAborted).ConfigureAwait(false);
            if (result.Session.Result != UploadResult.Incomplete) gate.Settle(session.Id);
            return result;
        }
        finally
        {
            UploadMetrics.Ended();
        }
    }

    private static void Reserve(HttpContext context, UploadReceiver receiver, UploadGate gate, UploadSession session, long offset)
    {
        if (session.Result != UploadResult.Incomplete) return;
        try
        {
            gate.Reserve(session.Id, session.VehicleId, ProducerOf(context), session.Length - offset);
        }
        catch (UploadRefusedException) when (offset == 0)
        {
            // Whoever sends again begins anew; nothing is lost with an upload that has no bytes.
            receiver.Terminate(session.Id);
            throw;
        }
    }

    /// <summary>Who sends: whoever presents the same credentials, without any whoever has the same address. Never the credentials themselves.</summary>
    private static string ProducerOf(HttpContext context) => context.Request.Headers.Authorization.ToString() is { Length: > 0 } credentials
        ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(credentials)).AsSpan(0, 16))
        : context.Connection.RemoteIpAddress?.ToString() ?? "";

    private static void WriteAnswer(HttpContext context, UploadSession session, long offset)
    {
        var headers = context.Response.Headers;
        headers["Upload-Offset"] = offset.ToString(CultureInfo.InvariantCulture);
        if (session.Result == UploadResult.Incomplete) return;
        headers["Mesh-Result"] = session.Result.ToString().ToLowerInvariant();
        headers["Mesh-Ingest-Id"] = session.IngestId;
        if (session.Reason is not null) headers["Mesh-Reason"] = HeaderText(session.Reason);
    }

    /// <summary>For a server that takes no recordings: says so, whatever is asked of <c>/uploads</c>.</summary>
    public static void MapNoUploads(this IEndpointRouteBuilder endpoints) => endpoints.Map("/uploads/{**rest}", (HttpContext context) => Refuse(
        context, new UploadRefusedException(421, "MESH1018", "This server takes no recordings: its setting `stages` leaves upload out. Send them to a server that does, or start this one with `--stages upload`.")));

    private static IResult Refuse(HttpContext context, UploadRefusedException refusal)
    {
        UploadMetrics.Refused(refusal);
        var headers = context.Response.Headers;
        // A conflict or a busy upload is a step of the protocol, not an answer about the recording.
        if (refusal.StatusCode is not (409 or 423 or 429)) headers["Mesh-Result"] = "refused";
        if (refusal.RetryAfter is { } wait) headers.RetryAfter = Math.Ceiling(Math.Max(1, wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        headers["Mesh-Code"] = refusal.Code;
        headers["Mesh-Reason"] = HeaderText(refusal.Message);
        return Results.Json(
            new Dictionary<string, object?> { ["result"] = "refused", ["code"] = refusal.Code, ["reason"] = refusal.Message, ["transient"] = refusal.IsTransient },
            statusCode: refusal.StatusCode);
    }

    private static IResult? RequireVersion(HttpContext context)
    {
        if (context.Request.Headers["Tus-Resumable"] == Version) return null;
        context.Response.Headers["Tus-Version"] = Version;
        return Results.StatusCode(412);
    }

    private static void AllowLargeBody(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
    }

    private static bool TryReadLength(string? text, out long length) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length);

    /// <summary>Upload-Metadata: comma-separated pairs of a key and a Base64 value.</summary>
    private static Dictionary<string, string> ParseMetadata(string? header)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in (header ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int space = pair.IndexOf(' ', StringComparison.Ordinal);
            string key = space < 0 ? pair : pair[..space];
            byte[] value = new byte[pair.Length];
            int written = 0;
            if (space >= 0 && !Convert.TryFromBase64String(pair[(space + 1)..], value, out written))
            {
                throw new UploadRefusedException(400, "MESH1017", $"The value of '{key}' in Upload-Metadata is not Base64.");
            }

            metadata[key] = Encoding.UTF8.GetString(value, 0, written);
        }

        return metadata;
    }

    /// <summary>Header values are ASCII; what is not is dropped rather than refused.</summary>
    private static string HeaderText(string text) => new([.. text.Where(character => character is >= ' ' and <= '~')]);
}
