using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Commands.Media;
using Mesh.Console.Api;
using Mesh.Commands.Media.Frames;
using Mesh.Commands.Media.Points;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>Maps what a recording shows besides signals below <c>/api/v1/recordings/{id}</c>: timeline, track, frames.</summary>
public static class MediaApi
{
    // These answers go to pages as they are, so their names are JavaScript's.
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Maps the endpoints onto <paramref name="media"/>.</summary>
    public static void MapMediaApi(this IEndpointRouteBuilder endpoints, IRecordingMedia media)
    {
        var api = endpoints.MapJsonGroup("/api/v1/recordings/{id}");
        api.MapGet("/timeline", async (string id, int? cols, HttpContext context) =>
            Answer(context, await media.ResolveAsync(id, context.RequestAborted).ConfigureAwait(false) is { } recording ? await media.GetTimelineAsync(recording, cols ?? 240, context.RequestAborted).ConfigureAwait(false) : null))
            .AnswersWith("application/json", "Messages of each channel over time, with what was lost and when nothing came. Names are in camelCase; docs/console/recordings.md has them.");
        api.MapGet("/track", async (string id, string? channel, double? tolerance, HttpContext context) =>
            Answer(context, await media.ResolveAsync(id, context.RequestAborted).ConfigureAwait(false) is { } recording ? await media.GetTrackAsync(recording, channel, tolerance ?? 2, context.RequestAborted).ConfigureAwait(false) : null))
            .AnswersWith("application/json", "The track in metres east and north of its middle, thinned to a tolerance in metres.");
        api.MapGet("/frames", async (string id, HttpContext context) =>
            Answer(context, await media.ResolveAsync(id, context.RequestAborted).ConfigureAwait(false) is { } recording ? await media.ListFramesAsync(recording, context.RequestAborted).ConfigureAwait(false) : null))
            .AnswersWith("application/json", "Channels with pictures and point clouds, and when they have any.");
        api.MapGet("/frames/image", async (string id, string? channel, double? at, int? width, string? v, HttpContext context) =>
            Show(context, v, await media.ResolveAsync(id, context.RequestAborted).ConfigureAwait(false) is { } recording ? await media.ReadPictureAsync(recording, new PictureRequest(channel ?? "", at ?? 0, width ?? 960), context.RequestAborted).ConfigureAwait(false) : null))
            .AnswersWith("image/png", "The picture at a time, or the nearest before it; JPEG and WebP as they were recorded.");
        api.MapGet("/frames/points", async (string id, string? channel, double? at, double? metres, int? px, string? theme, double? low, double? high, string? v, HttpContext context) =>
        {
            var usual = new TopViewOptions();
            var view = new TopViewOptions
            {
                Metres = metres ?? usual.Metres, Pixels = px ?? usual.Pixels, Low = low ?? usual.Low, High = high ?? usual.High, IsDark = theme == "dark",
            };
            return Show(context, v, await media.ResolveAsync(id, context.RequestAborted).ConfigureAwait(false) is { } recording ? await media.ReadTopViewAsync(recording, new CloudRequest(channel ?? "", at ?? 0, view), context.RequestAborted).ConfigureAwait(false) : null);
        })
            .AnswersWith("image/png", "A point cloud from above, its height by colour.");
    }

    private static IResult Answer<T>(HttpContext context, T? value)
        where T : class
    {
        // It changes with the tables, and what was erased there must not come back from a browser's cache.
        context.Response.Headers.CacheControl = "private, no-cache";
        return value is null ? Results.NotFound() : Results.Json(value, Options);
    }

    private static IResult Show(HttpContext context, string? version, FramePicture? picture)
    {
        if (picture is null) return Results.NotFound();
        var headers = context.Response.Headers;

        // An address that names the tables' state always means the same bytes. After an erasure pages name another state; an hour bounds what a browser keeps of the old one.
        headers.CacheControl = version == picture.Version ? "private, max-age=3600, immutable" : "private, no-cache";
        headers.ETag = $"\"{picture.Sha256}\"";
        headers.XContentTypeOptions = "nosniff";
        headers["Mesh-Time"] = picture.Time.ToString("R", CultureInfo.InvariantCulture);
        foreach (var (name, value) in picture.Facts) headers["Mesh-" + name] = value;
        return context.Request.Headers.IfNoneMatch.Any(tag => tag is not null && tag.Contains(picture.Sha256, StringComparison.Ordinal))
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Bytes(picture.Bytes, picture.MediaType);
    }
}
