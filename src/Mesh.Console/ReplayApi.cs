using System.Globalization;
using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Lists;
using Mesh.Commands.Replay;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>Maps dead letters, replays and versions of products under <c>/api/v1</c>. What changes anything is a POST.</summary>
public static class ReplayApi
{
    private const int MaxListed = 100_000;

    /// <summary>Maps the endpoints.</summary>
    public static void MapReplayApi(this IEndpointRouteBuilder endpoints, IMeshQueries queries, IReplays replays)
    {
        var api = endpoints.MapJsonGroup("/api/v1");
        api.MapGet("/dead-letters", async (HttpRequest request, CancellationToken token) => request.AsksForPage()
            ? JsonApi.Json(await queries.ListDeadLettersAsync(ListQueries.DeadLetters(request.Parameters()), token).ConfigureAwait(false))
            : JsonApi.Json(await queries.ListDeadLettersAsync(FilterOf(request.Query), LimitOf(request.Query, 1_000), token).ConfigureAwait(false)));
        api.MapGet("/counts/dead-letters", async (HttpRequest request, CancellationToken token) =>
            JsonApi.Json(await queries.CountDeadLettersAsync(ListQueries.DeadLetters(request.Parameters()), token).ConfigureAwait(false)));
        api.MapGet("/dead-letters/{id}", context => JsonApi.AnswerAsync(context, async token => await queries.FindDeadLetterAsync(Route(context, "id"), token).ConfigureAwait(false)));
        api.MapGet("/dead-letters/{id}/payload", WritePayloadAsync);
        api.MapPost("/dead-letters/replay", context => JsonApi.AnswerAsync(context, async token =>
            await replays.ReplayLettersAsync(await JsonApi.BodyAsync<LetterReplayRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)));
        api.MapPost("/dead-letters/drop", context => JsonApi.AnswerAsync(context, async token =>
            await replays.DropLettersAsync(await JsonApi.BodyAsync<LetterDropRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)));
        api.MapGet("/replays", async (HttpRequest request, CancellationToken token) => request.AsksForPage()
            ? JsonApi.Json(await queries.ListReplaysAsync(ListQueries.Replays(request.Parameters()), token).ConfigureAwait(false))
            : JsonApi.Json(await queries.ListReplaysAsync(LimitOf(request.Query, 100), token).ConfigureAwait(false)));
        api.MapGet("/replays/{id}", context => JsonApi.AnswerAsync(context, async token => await queries.FindReplayAsync(Route(context, "id"), token).ConfigureAwait(false)));
        api.MapPost("/replays", context => JsonApi.AnswerAsync(context, async token =>
            await replays.StartAsync(await JsonApi.BodyAsync<RecordingReplayRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)));
        foreach (var (verb, state) in new[] { ("pause", ReplayState.Paused), ("resume", ReplayState.Running), ("stop", ReplayState.Stopped) })
        {
            api.MapPost($"/replays/{{id}}/{verb}", context => JsonApi.AnswerAsync(context, async token =>
                await replays.ChangeAsync(Route(context, "id"), state, token).ConfigureAwait(false)));
        }

        api.MapGet("/products/{name}/versions", context => JsonApi.AnswerAsync(context, async token => await queries.FindProductVersionsAsync(Route(context, "name"), token).ConfigureAwait(false)));
        api.MapPost("/products/{name}/switch", context => JsonApi.AnswerAsync(context, async token =>
            await replays.SwitchAsync(Route(context, "name"), await JsonApi.BodyAsync<ProductSwitchRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)));

        async Task WritePayloadAsync(HttpContext context)
        {
            try
            {
                if (await queries.ReadDeadLetterPayloadAsync(Route(context, "id"), context.RequestAborted).ConfigureAwait(false) is { } payload)
                {
                    context.Response.ContentType = "application/octet-stream";
                    await context.Response.Body.WriteAsync(payload, context.RequestAborted).ConfigureAwait(false);
                }
                else
                {
                    context.Response.StatusCode = StatusCodes.Status404NotFound;
                }
            }
            catch (MeshException exception)
            {
                await JsonApi.Refuse(exception).ExecuteAsync(context).ConfigureAwait(false);
            }
        }
    }

    private static string Route(HttpContext context, string name) => context.Request.RouteValues[name] as string ?? "";

    private static int LimitOf(IQueryCollection query, int otherwise) =>
        int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out int limit) ? Math.Clamp(limit, 1, MaxListed) : otherwise;

    private static DeadLetterFilter FilterOf(IQueryCollection query)
    {
        return new DeadLetterFilter
        {
            Ids = Text("id")?.Split(',', StringSplitOptions.RemoveEmptyEntries),
            Stage = Text("stage"),
            Code = Text("code"),
            Recording = Text("recording"),
            Vehicle = Text("vehicle"),
            Channel = Text("channel"),
            Topology = Text("topology"),
            Since = Time("since"),
            Until = Time("until"),
            State = Text("state") is not { } state ? null : Enum.TryParse(state, ignoreCase: true, out DeadLetterState known) ? known
                : throw new MeshException("MESH2368", $"'{state}' is no state of a dead letter: open, replaying, replayed or dropped."),
        };

        string? Text(string name) => query[name] is [{ Length: > 0 } text, ..] ? text : null;

        DateTimeOffset? Time(string name) => Text(name) is not { } text ? null
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
            : throw new MeshException("MESH2368", $"'{text}' is no time: write it as 2026-11-30T08:00:00Z.");
    }
}
