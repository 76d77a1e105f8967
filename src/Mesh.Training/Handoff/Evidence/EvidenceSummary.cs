namespace Mesh.Training.Handoff.Evidence;

/// <summary>The claims, counted.</summary>
/// <param name="Passed">That passed.</param>
/// <param name="Failed">That failed.</param>
/// <param name="Waived">That were waived.</param>
/// <param name="NotRun">Whose check was not made.</param>
/// <param name="NotEvaluated">That could not be judged.</param>
/// <param name="CustomerResponsibility">That the receiving side has to show.</param>
/// <param name="UncoveredRequirementIds">Requirements without a claim.</param>
/// <param name="ReleaseEligible">Whether none failed, none is open but the receiving side's, and none is missing.</param>
public sealed record EvidenceSummary(
    int Passed, int Failed, int Waived, int NotRun, int NotEvaluated, int CustomerResponsibility, IReadOnlyList<string> UncoveredRequirementIds, bool ReleaseEligible)
{
    internal static EvidenceSummary Of(IReadOnlyList<Requirement> requirements, IReadOnlyList<Claim> claims)
    {
        var covered = claims.SelectMany(claim => claim.RequirementIds).ToHashSet();
        string[] uncovered = [.. requirements.Select(requirement => requirement.Id).Where(id => !covered.Contains(id)).Order(StringComparer.Ordinal)];
        int failed = Count(ClaimStatus.Failed);
        int open = Count(ClaimStatus.NotRun) + Count(ClaimStatus.NotEvaluated);
        return new EvidenceSummary(
            Count(ClaimStatus.Passed), failed, Count(ClaimStatus.Waived), Count(ClaimStatus.NotRun), Count(ClaimStatus.NotEvaluated), Count(ClaimStatus.CustomerResponsibility),
            uncovered, failed + open + uncovered.Length == 0);

        int Count(ClaimStatus status) => claims.Count(claim => claim.Status == status);
    }
}
