using Mesh.Commands.Governance;
using Mesh.Commands.Queries.Lists;
using Mesh.Training.Governance;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console;

/// <summary>Maps decisions about models, lineage and audit under <c>/api/v1</c>. What changes anything, or is noted in the log, is a POST.</summary>
public static class GovernanceApi
{
    /// <summary>Maps the endpoints onto <paramref name="governance"/>.</summary>
    public static void MapGovernanceApi(this IEndpointRouteBuilder endpoints, IGovernance governance)
    {
        var api = endpoints.MapJsonGroup("/api/v1");
        // A version is its number or an alias.
        api.MapGet("/models/{name}/{version}/lifecycle", async (string name, string version, CancellationToken token) =>
            JsonApi.Json(await governance.GetModelStatusAsync($"{name}@{version}", token).ConfigureAwait(false)));
        api.MapGet("/models/{name}/{version}/lineage", async (string name, string version, CancellationToken token) =>
            JsonApi.Json(await governance.GetLineageAsync($"{name}@{version}", token).ConfigureAwait(false)));
        api.MapPost("/models/{name}/{version}/gates", async (string name, string version, string? to, CancellationToken token) =>
            JsonApi.Json(await governance.EvaluateAsync($"{name}@{version}", to ?? "", token).ConfigureAwait(false)));
        api.MapGet("/models/{name}/history", async (string name, CancellationToken token) => JsonApi.Json(await governance.GetHistoryAsync(name, token).ConfigureAwait(false)));
        api.MapGet("/lineage/vehicles/{id}", async (string id, CancellationToken token) => JsonApi.Json(await governance.FindByVehicleAsync(id, token).ConfigureAwait(false)));
        api.MapGet("/lineage/recordings/{id}", async (string id, CancellationToken token) => JsonApi.Json(await governance.FindByRecordingAsync(id, token).ConfigureAwait(false)));
        api.MapGet("/decisions", async (HttpRequest request, string? subject, long? after, int? limit, CancellationToken token) => request.AsksForPage()
            ? JsonApi.Json(await governance.ListDecisionsAsync(ListQueries.Decisions(request.Parameters()), token).ConfigureAwait(false))
            : JsonApi.Json(await governance.ListDecisionsAsync(subject, after ?? 0, Math.Clamp(limit ?? 1000, 1, 10_000), token).ConfigureAwait(false)));
        api.MapGet("/audit", (HttpContext context) => WriteLogAsync(context, governance));
        api.MapGet("/audit/report", async (string? anchor, CancellationToken token) => JsonApi.Json(await governance.VerifyAsync(anchor, token).ConfigureAwait(false)));
        api.MapGet("/identities", async (CancellationToken token) => JsonApi.Json(await governance.ListIdentitiesAsync(token).ConfigureAwait(false)));
        api.MapGet("/holdouts", async (CancellationToken token) => JsonApi.Json(await governance.ListHoldoutsAsync(token).ConfigureAwait(false)));
        api.MapGet("/withdrawals", async (CancellationToken token) => JsonApi.Json(await governance.ListWithdrawalsAsync(token).ConfigureAwait(false)));

        api.MapPost("/identities", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await governance.RegisterAsync(await JsonApi.BodyAsync<IdentityRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)));
        api.MapPost("/identities/revoke", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await governance.RevokeAsync(await JsonApi.BodyAsync<RevokeRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)));
        api.MapPost("/holdouts", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await governance.FreezeAsync(await JsonApi.BodyAsync<FreezeRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)));
        api.MapPost("/recordings/resolve", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await governance.ResolveRecordingsAsync(await JsonApi.BodyAsync<List<string>>(context).ConfigureAwait(false), token).ConfigureAwait(false)));
        api.MapPost("/governance/draft", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await governance.DraftAsync(await JsonApi.BodyAsync<GovernanceRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)));
        api.MapPost("/governance/commit", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await governance.CommitAsync(await JsonApi.BodyAsync<CommitRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)));
    }

    private static async Task WriteLogAsync(HttpContext context, IGovernance governance)
    {
        context.Response.ContentType = "application/jsonl; charset=utf-8";
        await governance.ExportAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
    }
}
