using System.Globalization;
using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Lists;
using Mesh.Commands.Replay;
using Mesh.Console.Api;
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
    private static readonly ApiParameter Limit = new("limit", "integer", "Most rows, where no page is asked for.", []);

    /// <summary>Maps the endpoints.</summary>
    public static void MapReplayApi(this IEndpointRouteBuilder endpoints, IMeshQueries queries, IReplays replays)
    {
        var api = endpoints.MapJsonGroup("/api/v1");
        api.MapGet("/dead-letters", async (HttpRequest request, CancellationToken token) => request.AsksForPage()
            ? JsonApi.Json(await queries.ListDeadLettersAsync(ListQueries.DeadLetters(request.Parameters()), token).ConfigureAwait(false))
            : JsonApi.Json(await queries.ListDeadLettersAsync(FilterOf(request.Query), LimitOf(request.Query, 1_000), token).ConfigureAwait(false)))
            .Answers<IReadOnlyList<DeadLetterView>>("Dead letters, oldest first; with a page, newest first.").OrPageOf<DeadLetterView>([Limit, .. ApiParameters.DeadLetters]);
        api.MapGet("/counts/dead-letters", async (HttpRequest request, CancellationToken token) =>
            JsonApi.Json(await queries.CountDeadLettersAsync(ListQueries.DeadLetters(request.Parameters()), token).ConfigureAwait(false)))
            .Answers<DeadLetterFacets>("How many dead letters there are by stage, code, state and topology; each leaves its own condition aside.").Reads(ApiParameters.DeadLetters);
        api.MapGet("/dead-letters/{id}", async (string id, CancellationToken token) => JsonApi.OrNotFound(await queries.FindDeadLetterAsync(id, token).ConfigureAwait(false)))
            .Answers<DeadLetterDetails>("Everything about one dead letter.");
        api.MapGet("/dead-letters/{id}/payload", async (string id, CancellationToken token) =>
            await queries.ReadDeadLetterPayloadAsync(id, token).ConfigureAwait(false) is { } payload ? Results.Bytes(payload, "application/octet-stream") : Results.NotFound())
            .AnswersWith("application/octet-stream", "The payload of a dead letter.");
        api.MapPost("/dead-letters/replay", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await replays.ReplayLettersAsync(await JsonApi.BodyAsync<LetterReplayRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<LetterReplayRequest>().Answers<ReplayEntry>("Replays dead letters after a fix.");
        api.MapPost("/dead-letters/plan", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await replays.PlanLettersAsync(await JsonApi.BodyAsync<LetterReplayRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<LetterReplayRequest>().Answers<LetterReplayPlan>("What replaying dead letters would do. Replays nothing.");
        api.MapPost("/dead-letters/drop", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await replays.DropLettersAsync(await JsonApi.BodyAsync<LetterDropRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<LetterDropRequest>().Answers<LetterDropReport>("Gives dead letters up for good.");
        api.MapGet("/replays", async (HttpRequest request, CancellationToken token) => request.AsksForPage()
            ? JsonApi.Json(await queries.ListReplaysAsync(ListQueries.Replays(request.Parameters()), token).ConfigureAwait(false))
            : JsonApi.Json(await queries.ListReplaysAsync(LimitOf(request.Query, 100), token).ConfigureAwait(false)))
            .Answers<IReadOnlyList<ReplayEntry>>("Replays, newest first.").OrPageOf<ReplayEntry>([Limit, .. ApiParameters.Replays]);
        api.MapGet("/replays/{id}", async (string id, CancellationToken token) => JsonApi.OrNotFound(await queries.FindReplayAsync(id, token).ConfigureAwait(false)))
            .Answers<ReplayDetails>("A replay with its recordings; a unique beginning of its id is enough.");
        api.MapPost("/replays", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await replays.StartAsync(await JsonApi.BodyAsync<RecordingReplayRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<RecordingReplayRequest>().Answers<RecordingReplayReport>("Runs recordings through another topology version.");
        foreach (var (verb, state, summary) in new[] { ("pause", ReplayState.Paused, "Pauses a replay."), ("resume", ReplayState.Running, "Goes on with a replay."), ("stop", ReplayState.Stopped, "Ends a replay.") })
        {
            api.MapPost($"/replays/{{id}}/{verb}", async (string id, CancellationToken token) => JsonApi.Json(await replays.ChangeAsync(id, state, token).ConfigureAwait(false)))
                .Answers<ReplayEntry>(summary);
        }

        api.MapGet("/products/{name}/versions", async (string name, CancellationToken token) => JsonApi.OrNotFound(await queries.FindProductVersionsAsync(name, token).ConfigureAwait(false)))
            .Answers<ProductVersionsView>("Versions of a product and what its name has meant.");
        api.MapPost("/products/{name}/switch", async (string name, HttpContext context, CancellationToken token) =>
            JsonApi.Json(await replays.SwitchAsync(name, await JsonApi.BodyAsync<ProductSwitchRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<ProductSwitchRequest>().Answers<ProductVersionsView>("Lets a product's name mean another version.");
    }

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
