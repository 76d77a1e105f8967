using System.Text;
using System.Text.Json.Nodes;
using Mesh.Commands.Tracking.Mlflow;
using Mesh.Model;
using Mesh.Training.Tracking;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>
/// Maps MLflow's REST interface under <c>/api/2.0/mlflow</c> and <c>/ajax-api/2.0/mlflow</c>, and its artefact proxy under <c>.../mlflow-artifacts</c>.
/// Errors have MLflow's shape there.
/// </summary>
public static class MlflowApi
{
    /// <summary>Maps the endpoints onto <paramref name="protocol"/>.</summary>
    public static void MapMlflow(this IEndpointRouteBuilder endpoints, MlflowProtocol protocol)
    {
        foreach (string prefix in new[] { "/api/2.0", "/ajax-api/2.0" })
        {
            endpoints.MapMethods(prefix + "/mlflow/{**path}", ["GET", "POST", "PATCH", "DELETE", "PUT"], context => AnswerAsync(context, async () =>
            {
                var arguments = await ArgumentsAsync(context).ConfigureAwait(false);
                await WriteAsync(context, StatusCodes.Status200OK, await protocol.AnswerAsync(context.Request.Method, PathOf(context), arguments, context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
            }));
            string proxy = prefix + "/mlflow-artifacts/artifacts";
            endpoints.MapGet(proxy, context => AnswerAsync(context, () => ListAsync(context, protocol)));
            endpoints.MapPut(proxy + "/{**path}", context => AnswerAsync(context, () => PutAsync(context, protocol)));
            endpoints.MapDelete(proxy + "/{**path}", context => AnswerAsync(context, async () =>
            {
                var (runId, path) = MlflowArtifacts.Split(PathOf(context));
                await protocol.Artifacts.DeleteAsync(runId, path, context.RequestAborted).ConfigureAwait(false);
                await WriteAsync(context, StatusCodes.Status200OK, []).ConfigureAwait(false);
            }));
            endpoints.MapMethods(proxy + "/{**path}", ["GET", "HEAD"], context => AnswerAsync(context, () => ReadAsync(context, protocol)));
            endpoints.MapPost(prefix + "/mlflow-artifacts/mpu/{**path}", context => AnswerAsync(context, () =>
                throw new TrackingException("MESH9332", "This server takes artefacts whole, not in parts.", TrackingFault.Unknown)));
        }
    }

    // A separator in disguise is taken neither for one nor for part of a name.
    private static string PathOf(HttpContext context)
    {
        string path = (string?)context.Request.RouteValues["path"] ?? "";
        return path.Contains("%2f", StringComparison.OrdinalIgnoreCase)
            ? throw new TrackingException("MESH9320", $"'{(path.Length > 80 ? path[..80] + "…" : path)}' has encoded separators. Write '/' between names.")
            : path;
    }

    private static async Task AnswerAsync(HttpContext context, Func<Task> run)
    {
        MlflowError error;
        try
        {
            await run().ConfigureAwait(false);
            return;
        }
        catch (MeshException exception)
        {
            error = MlflowError.Of(exception);
        }

        // Half an artefact has no status any more: breaking off tells the client.
        if (context.Response.HasStarted) context.Abort();
        else await WriteAsync(context, error.Status, new JsonObject { ["error_code"] = error.ErrorCode, ["message"] = error.Message }).ConfigureAwait(false);
    }

    private static async Task<MlflowArguments> ArgumentsAsync(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method))
        {
            return MlflowArguments.OfQuery(context.Request.Query.SelectMany(pair => pair.Value.Select(value => new KeyValuePair<string, string>(pair.Key, value ?? ""))));
        }

        using var buffer = new MemoryStream();
        byte[] piece = new byte[16 << 10];
        int read;
        while ((read = await context.Request.Body.ReadAsync(piece, context.RequestAborted).ConfigureAwait(false)) > 0)
        {
            if (buffer.Length + read > MlflowArguments.MaxBodyBytes) throw MlflowArguments.Wrong($"The request has more than {MlflowArguments.MaxBodyBytes:N0} bytes. Send it in pieces.");
            buffer.Write(piece, 0, read);
        }

        return MlflowArguments.OfBody(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
    }

    private static async Task ListAsync(HttpContext context, MlflowProtocol protocol)
    {
        var (runId, path) = MlflowArtifacts.Split(context.Request.Query["path"].ToString());
        await WriteAsync(context, StatusCodes.Status200OK, MlflowArtifacts.Listing(await protocol.Artifacts.ListAsync(runId, path, context.RequestAborted).ConfigureAwait(false))).ConfigureAwait(false);
    }

    private static async Task PutAsync(HttpContext context, MlflowProtocol protocol)
    {
        var (runId, path) = MlflowArtifacts.Split(PathOf(context));
        if (context.Request.ContentLength > protocol.Artifacts.MaxBytes) throw protocol.Artifacts.TooLarge(path);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;
        await protocol.Artifacts.PutAsync(runId, path, context.Request.Body, context.RequestAborted).ConfigureAwait(false);
        await WriteAsync(context, StatusCodes.Status200OK, []).ConfigureAwait(false);
    }

    private static async Task ReadAsync(HttpContext context, MlflowProtocol protocol)
    {
        var (runId, path) = MlflowArtifacts.Split(PathOf(context));
        var source = await protocol.Artifacts.OpenAsync(runId, path, context.RequestAborted).ConfigureAwait(false);
        await using var _ = source.ConfigureAwait(false);

        // Whatever it is, a browser is to save it and not to run it.
        context.Response.ContentType = "application/octet-stream";
        context.Response.Headers.ContentDisposition = "attachment";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.ContentLength = source.Length;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        byte[] buffer = new byte[64 << 10];
        for (long at = 0; at < source.Length;)
        {
            int read = await source.ReadAtAsync(at, buffer, context.RequestAborted).ConfigureAwait(false);
            if (read == 0) break;
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted).ConfigureAwait(false);
            at += read;
        }
    }

    private static async Task WriteAsync(HttpContext context, int status, JsonObject body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
    }
}
