using Mesh.Commands.Governance;
using Mesh.Commands.Queries.Lists;
using Mesh.Console.Api;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Governance.Lineage;
using Mesh.Training.Governance.Policy;
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
            JsonApi.Json(await governance.GetModelStatusAsync($"{name}@{version}", token).ConfigureAwait(false)))
            .Answers<ModelStatusView>("Where a version is in its lifecycle, and what may come next.");
        api.MapGet("/models/{name}/{version}/lineage", async (string name, string version, CancellationToken token) =>
            JsonApi.Json(await governance.GetLineageAsync($"{name}@{version}", token).ConfigureAwait(false)))
            .Answers<ModelLineage>("Where a version comes from.");
        api.MapGet("/models/{name}/{version}/evaluation", async (string name, string version, CancellationToken token) =>
            JsonApi.Json(await governance.GetEvaluationAsync($"{name}@{version}", token).ConfigureAwait(false)))
            .Answers<EvaluationView>("How a version was measured, beside the champion.");
        api.MapGet("/lifecycle", async (CancellationToken token) => JsonApi.Json(await governance.GetLifecycleAsync(token).ConfigureAwait(false)))
            .Answers<Lifecycle>("States of models, the moves between them and their gates.");
        api.MapPost("/models/{name}/{version}/gates", async (string name, string version, string? to, CancellationToken token) =>
            JsonApi.Json(await governance.EvaluateAsync($"{name}@{version}", to ?? "", token).ConfigureAwait(false)))
            .Answers<GateReport>("Evaluates gates, which is noted in the log.");
        api.MapGet("/models/{name}/history", async (string name, CancellationToken token) => JsonApi.Json(await governance.GetHistoryAsync(name, token).ConfigureAwait(false))).Answers<ModelHistoryView>("What was released when, and the aliases.");
        api.MapGet("/lineage/vehicles/{id}", async (string id, CancellationToken token) => JsonApi.Json(await governance.FindByVehicleAsync(id, token).ConfigureAwait(false))).Answers<AffectedModelsView>("Versions that have seen a vehicle's recordings.");
        api.MapGet("/lineage/recordings/{id}", async (string id, CancellationToken token) => JsonApi.Json(await governance.FindByRecordingAsync(id, token).ConfigureAwait(false))).Answers<AffectedModelsView>("Versions that have seen a recording.");
        api.MapGet("/decisions", async (HttpRequest request, string? subject, long? after, int? limit, CancellationToken token) => request.AsksForPage()
            ? JsonApi.Json(await governance.ListDecisionsAsync(ListQueries.Decisions(request.Parameters()), token).ConfigureAwait(false))
            : JsonApi.Json(await governance.ListDecisionsAsync(subject, after ?? 0, Math.Clamp(limit ?? 1000, 1, 10_000), token).ConfigureAwait(false)))
            .Answers<IReadOnlyList<DecisionView>>("The decision log, oldest first; with a page, newest first.").OrPageOf<DecisionView>(ApiParameters.Decisions);
        api.MapGet("/audit", (HttpContext context, CancellationToken _) => WriteLogAsync(context, governance)).AnswersWith("application/jsonl", "The decision log as a file that can be examined elsewhere.");
        api.MapGet("/audit/report", async (string? anchor, CancellationToken token) => JsonApi.Json(await governance.VerifyAsync(anchor, token).ConfigureAwait(false))).Answers<AuditReport>("Examines the decision log.");
        api.MapGet("/identities", async (CancellationToken token) => JsonApi.Json(await governance.ListIdentitiesAsync(token).ConfigureAwait(false))).Answers<IReadOnlyList<Identity>>("Keys of identities, by name.");
        api.MapGet("/holdouts", async (CancellationToken token) => JsonApi.Json(await governance.ListHoldoutsAsync(token).ConfigureAwait(false))).Answers<IReadOnlyList<Holdout>>("The frozen hold-outs, by name.");
        api.MapGet("/withdrawals", async (CancellationToken token) => JsonApi.Json(await governance.ListWithdrawalsAsync(token).ConfigureAwait(false))).Answers<IReadOnlyList<WithdrawalView>>("Recordings whose consent was withdrawn.");

        api.MapPost("/identities", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await governance.RegisterAsync(await JsonApi.BodyAsync<IdentityRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<IdentityRequest>().Answers<Identity>("Registers a public key.");
        api.MapPost("/identities/revoke", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await governance.RevokeAsync(await JsonApi.BodyAsync<RevokeRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<RevokeRequest>().Answers<Identity>("Takes the validity from a key.");
        api.MapPost("/holdouts", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await governance.FreezeAsync(await JsonApi.BodyAsync<FreezeRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<FreezeRequest>().Answers<Holdout>("Freezes a hold-out.");
        api.MapPost("/recordings/resolve", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await governance.ResolveRecordingsAsync(await JsonApi.BodyAsync<List<string>>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<List<string>>().Answers<IReadOnlyList<string>>("Full ingest ids of beginnings.");
        api.MapPost("/governance/draft", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await governance.DraftAsync(await JsonApi.BodyAsync<GovernanceRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<GovernanceRequest>().Answers<DraftView>("Prepares a decision: the entry to sign.");
        api.MapPost("/governance/preview", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await governance.PreviewAsync(await JsonApi.BodyAsync<GovernanceRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<GovernanceRequest>().Answers<DecisionPreview>("What a decision would move, and who may make it. Prepares nothing.");
        api.MapPost("/governance/commit", async (HttpContext context, CancellationToken token) =>
            JsonApi.Json(await governance.CommitAsync(await JsonApi.BodyAsync<CommitRequest>(context).ConfigureAwait(false), token).ConfigureAwait(false)))
            .Takes<CommitRequest>().Answers<SignedDecision>("Takes a signed decision.");
    }

    private static async Task WriteLogAsync(HttpContext context, IGovernance governance)
    {
        context.Response.ContentType = "application/jsonl; charset=utf-8";
        await governance.ExportAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
    }
}
