using System.Text.RegularExpressions;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Handoff.Evidence;

/// <summary>Verifies the evidence index: by itself, and against what its claims come to when they are established anew.</summary>
internal static partial class EvidenceCheck
{
    /// <summary>Longest time a waiver may hold; one for longer is open-ended.</summary>
    private static readonly TimeSpan LongestWaiver = TimeSpan.FromDays(366);

    public static void Structure(HandoffContext context)
    {
        var index = HandoffJson.Read<EvidenceIndex>(context.Folder.Read(HandoffFiles.Index), "MESH9570", HandoffFiles.Index);
        context.Index = index;
        if (index.Schema != EvidenceIndex.SchemaName) Report("MESH9570", $"its schema is '{index.Schema}', expected {EvidenceIndex.SchemaName}");
        if (index.Subject != context.Facts.Manifest.Subject) Report("MESH9574", $"it is of {index.Subject.Name}@{index.Subject.Version} with SHA-256 {index.Subject.Sha256}, which is not what {HandoffFiles.Manifest} says");
        string[] ids = [.. index.Requirements.Select(item => item.Id), .. index.Evidence.Select(item => item.Id), .. index.Claims.Select(item => item.Id), .. index.Tools.Select(item => item.Id)];
        foreach (string id in ids.Where(id => !Id().IsMatch(id))) Report("MESH9570", $"'{id}' is no id");
        foreach (string id in ids.GroupBy(id => id).Where(group => group.Count() > 1).Select(group => group.Key)) Report("MESH9570", $"the id '{id}' is there twice");
        foreach (var item in index.Evidence) Item(context, index, item);
        foreach (var claim in index.Claims) Claim(context, index, claim);
        foreach (var tool in index.Tools) Tool(context, tool);
        var summary = EvidenceSummary.Of(index.Requirements, index.Claims);
        if (!summary.UncoveredRequirementIds.SequenceEqual(index.Summary.UncoveredRequirementIds)) Report("MESH9575", $"without a claim are {string.Join(", ", summary.UncoveredRequirementIds.DefaultIfEmpty("none"))}, it says {string.Join(", ", index.Summary.UncoveredRequirementIds.DefaultIfEmpty("none"))}");
        else if ((summary with { UncoveredRequirementIds = [] }) != (index.Summary with { UncoveredRequirementIds = [] })) Report("MESH9576", "the counts of its summary, or whether the model may be released, are not what its claims come to");
        context.Note = $"{index.Claims.Count} claims: {summary.Passed} passed, {summary.Failed} failed, {summary.Waived} waived, {summary.NotRun} not run, {summary.NotEvaluated} not evaluated, {summary.CustomerResponsibility} for the receiving side";

        void Report(string code, string problem) => context.Report(code, HandoffFiles.Index, problem);
    }

    public static void Claims(HandoffContext context)
    {
        var (index, facts) = (context.Index!, context.Facts);
        var requirements = index.Requirements.ToDictionary(requirement => requirement.Id);
        foreach (var expected in ClaimCatalogue.Requirements)
        {
            if (!requirements.TryGetValue(expected.Id, out var found) || found != expected) Report("MESH9575", $"the requirement {expected.Id} is missing or was changed");
        }

        var claims = index.Claims.ToDictionary(claim => claim.Id);
        foreach (var expected in ClaimCatalogue.Evaluate(facts))
        {
            if (!claims.TryGetValue(expected.Id, out var found)) Report("MESH9575", $"the claim {expected.Id} is missing");
            else Compare(context, expected, found);
        }

        foreach (var tool in EvidenceWriter.Tools(facts))
        {
            if (!index.Tools.Any(known => known.Id == tool.Id && known.Name == tool.Name && known.Version == tool.Version)) Report("MESH9581", $"it has no record of {tool.Name} {tool.Version} as {tool.Id}, which the documents name");
        }

        foreach (var item in EvidenceWriter.Items(facts))
        {
            var known = index.Evidence.FirstOrDefault(known => known.Id == item.Id && known.Uri == item.Uri);
            if (known is null) Report("MESH9575", $"the evidence {item.Id} is missing or is another file");
            else if (known.PersonalData != item.PersonalData) Report("MESH9582", $"the evidence {item.Id} is marked '{known.PersonalData}', but is '{item.PersonalData}'");
        }

        foreach (var claim in index.Claims.Where(claim => claim.Status == ClaimStatus.Failed)) Report("MESH9586", $"the claim {claim.Id} does not hold: {claim.Reason}");
        context.Note = $"{index.Claims.Count} claims come to what the index says";

        void Report(string code, string problem) => context.Report(code, HandoffFiles.Index, problem);
    }

    private static void Compare(HandoffContext context, Claim expected, Claim found)
    {
        string[] hidden = [.. expected.Acceptance.Where(number => !found.Acceptance.Contains(number)).Select(number => $"{number.Metric} of {number.Slice ?? "all"}")];
        var counter = expected.CounterEvidenceIds.Except(found.CounterEvidenceIds).Concat(expected.CounterDecisions.Except(found.CounterDecisions)).ToList();
        bool isWaived = found.Status == ClaimStatus.Waived && expected.Status is ClaimStatus.Failed or ClaimStatus.NotRun or ClaimStatus.NotEvaluated;
        if (hidden.Length > 0) Report("MESH9579", $"the claim {found.Id} does not show {string.Join(", ", hidden)} as measured");
        else if (counter.Count > 0) Report("MESH9579", $"the claim {found.Id} does not show what speaks against it: {string.Join(", ", counter)}");
        else if (found.Status != expected.Status && !(isWaived && found.Status == ClaimStatus.Waived)) Report("MESH9583", $"the claim {found.Id} says {found.Status}, but comes to {expected.Status}: {expected.Reason}");
        else if (found.Text != expected.Text || !found.RequirementIds.SequenceEqual(expected.RequirementIds) || expected.EvidenceIds.Except(found.EvidenceIds).Any()) Report("MESH9583", $"the claim {found.Id} says something else than it comes to, for another requirement or on other evidence");

        void Report(string code, string problem) => context.Report(code, HandoffFiles.Index, problem);
    }

    private static void Item(HandoffContext context, EvidenceIndex index, EvidenceItem item)
    {
        if (!BundleFolder.IsPlain(item.Uri) || !context.Folder.Has(item.Uri)) Report("MESH9573", $"the evidence {item.Id} is '{item.Uri}', which is not there");
        else if (context.Folder.Digest(item.Uri) is var digest && (digest.Sha256 != item.Sha256 || digest.Bytes != item.Size)) Report("MESH9573", $"the evidence {item.Id} has SHA-256 {digest.Sha256} and {digest.Bytes} bytes, it says {item.Sha256} and {item.Size}");
        if (item.CoversSubjectSha256 != index.Subject.Sha256) Report("MESH9574", $"the evidence {item.Id} is about the model with SHA-256 {item.CoversSubjectSha256}");
        if (item.PersonalData is not ("none" or "pseudonymised")) Report("MESH9582", $"the evidence {item.Id} is marked '{item.PersonalData}'");
        if (index.Tools.All(tool => tool.Id != item.ToolId)) Report("MESH9581", $"the evidence {item.Id} was made with '{item.ToolId}', of which there is no record");

        void Report(string code, string problem) => context.Report(code, HandoffFiles.Index, problem);
    }

    private static void Claim(HandoffContext context, EvidenceIndex index, Claim claim)
    {
        foreach (string id in claim.RequirementIds.Where(id => index.Requirements.All(requirement => requirement.Id != id))) Report("MESH9571", $"refers to the requirement {id}, which is not there");
        foreach (string id in claim.EvidenceIds.Concat(claim.CounterEvidenceIds).Where(id => index.Evidence.All(item => item.Id != id))) Report("MESH9571", $"refers to the evidence {id}, which is not there");
        if (index.Tools.All(tool => tool.Id != claim.Verifier.ToolId)) Report("MESH9581", $"is verified with '{claim.Verifier.ToolId}', of which there is no record");
        // Whoever follows an index must not be made to run what it pleases.
        if (claim.Verifier.Argv is not ["mesh", "models", "verify", ..]) Report("MESH9570", $"would have '{string.Join(' ', claim.Verifier.Argv)}' run");
        if (claim.Status == ClaimStatus.Passed && claim.EvidenceIds.Count == 0) Report("MESH9572", "passed without evidence");
        if (claim.Status == ClaimStatus.Passed && claim.Acceptance.FirstOrDefault(number => number.Holds != true) is { } unmet) Report("MESH9572", $"passed, although the interval of {unmet.Metric} of {unmet.Slice ?? "all"} does not meet {unmet.Op} {unmet.Threshold}");
        if (claim.Status is not (ClaimStatus.Passed or ClaimStatus.Waived) && string.IsNullOrWhiteSpace(claim.Owner)) Report("MESH9584", "is open, and nobody is named who closes it");
        if ((claim.Status == ClaimStatus.Waived) != (claim.Waiver is not null)) Report("MESH9577", claim.Waiver is null ? "is waived without a waiver" : "has a waiver, but is not waived");
        if (claim.Waiver is not { } waiver) return;
        if (index.Evidence.All(item => item.Id != waiver.ApprovalEvidenceId)) Report("MESH9571", $"has a waiver on the evidence {waiver.ApprovalEvidenceId}, which is not there");
        if (waiver.ExpiresAt <= context.Now) Report("MESH9577", $"has a waiver that expired at {waiver.ExpiresAt:u}");
        else if (waiver.ExpiresAt > index.CreatedAt + LongestWaiver) Report("MESH9577", $"has a waiver until {waiver.ExpiresAt:u}, which is open-ended; at most {LongestWaiver.TotalDays:0} days are accepted");
        if (waiver.ApprovedBy.Type != "human" || waiver.Role.Length == 0) Report("MESH9578", $"was waived by the {waiver.ApprovedBy.Type} {waiver.ApprovedBy.Id}; a person with a role has to");
        else if (context.Facts.Manifest.Author is { } author && waiver.ApprovedBy.Id == author) Report("MESH9578", $"was waived by {author}, whose own work it is");

        void Report(string code, string problem) => context.Report(code, HandoffFiles.Index, $"the claim {claim.Id} {problem}");
    }

    private static void Tool(HandoffContext context, ToolRecord tool)
    {
        int level = ToolRecord.LevelOf(tool.Ti, tool.Td);
        if (level == 0) context.Report("MESH9580", HandoffFiles.Index, $"the tool {tool.Id} has TI{tool.Ti} and TD{tool.Td}; there are TI1, TI2 and TD1 to TD3");
        else if (tool.Tcl != level) context.Report("MESH9580", HandoffFiles.Index, $"the tool {tool.Id} has TCL{tool.Tcl}; TI{tool.Ti} with TD{tool.Td} is TCL{level}");
        if (string.IsNullOrWhiteSpace(tool.Owner)) context.Report("MESH9584", HandoffFiles.Index, $"nobody is named who confirms the class of the tool {tool.Id}");
    }

    [GeneratedRegex("^[A-Z0-9][A-Za-z0-9._-]{1,79}$")]
    private static partial Regex Id();
}
