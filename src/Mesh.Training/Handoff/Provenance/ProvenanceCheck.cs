using System.Text.Json;
using Mesh.Training.Handoff.Signing;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Handoff.Provenance;

/// <summary>Verifies provenance as SLSA asks a verifier to: signature, known signer and builder, required fields, no parameter that is not known, digests of what was read.</summary>
internal static class ProvenanceCheck
{
    public static void Run(HandoffContext context)
    {
        var facts = context.Facts;
        if (!facts.Manifest.Jobs.Contains(facts.Lineage.Job.JobId)) context.Report("MESH9531", HandoffFiles.Manifest, $"there is no provenance of the job {facts.Lineage.Job.JobId}, which made the model");
        foreach (string job in facts.Manifest.Jobs)
        {
            string file = HandoffFiles.ProvenanceOf(job);
            if (Open(context, file, ProvenanceWriter.BuildType, ProvenanceWriter.ExternalParameters, job) is not { } statement || job != facts.Lineage.Job.JobId) continue;
            CheckSubject(context, statement, file, HandoffFiles.ModelFolder);
            CheckDependencies(context, statement, file);
        }

        foreach (string profile in facts.Manifest.Variants)
        {
            string file = HandoffFiles.ProvenanceOfVariant(profile);
            if (Open(context, file, VariantProvenance.BuildType, VariantProvenance.ExternalParameters, VariantProvenance.InvocationOf(facts, profile)) is not { } statement) continue;
            CheckSubject(context, statement, file, VariantProvenance.FolderOf(profile));
            Expect(context, statement, file, HandoffFiles.Model, facts.Manifest.Subject.Sha256, "the compression");
        }

        context.Note = $"{facts.Manifest.Jobs.Count} jobs and {facts.Manifest.Variants.Count} variants, builder {ProvenanceWriter.Builder}{(facts.Spec is null ? "; what the job was told was not kept, so that its inputs have no digest" : "")}";
    }

    /// <returns>The statement, when somebody known signed it; what is wrong with its outline is reported.</returns>
    private static JsonElement? Open(HandoffContext context, string file, string buildType, IReadOnlyList<string> externalParameters, string invocation)
    {
        var envelope = DsseEnvelope.Parse(HandoffJson.Parse(context.Folder.Read(file), "MESH9530", file), "MESH9530", file);
        var signers = context.ServerKeys().Where(key => envelope.IsSignedBy(key.Value.Pem)).ToList();
        if (envelope.PayloadType != DsseEnvelope.InTotoType || signers.Count == 0)
        {
            context.Report("MESH9530", file, signers.Count == 0 ? "it is not signed by the builder's key, or what was signed was changed" : $"it holds '{envelope.PayloadType}', not an in-toto statement");
            return null;
        }

        var statement = HandoffJson.Parse(envelope.Payload, "MESH9531", file);
        var definition = DefinitionOf(statement);
        var details = statement.Member("predicate")?.Member("runDetails") ?? default;
        string? builder = details.Member("builder")?.Text("id");
        Require(statement.Text("_type") == ProvenanceWriter.StatementType, $"'_type' is '{statement.Text("_type")}'");
        Require(statement.Text("predicateType") == ProvenanceWriter.PredicateType, $"'predicateType' is '{statement.Text("predicateType")}'");
        Require(definition.Text("buildType") == buildType, $"'buildType' is '{definition.Text("buildType")}', known here is {buildType}");
        Require(definition.Member("externalParameters") is { ValueKind: JsonValueKind.Object }, "'externalParameters' is missing");
        Require(builder is { Length: > 0 }, "'runDetails.builder.id' is missing");
        Require(details.Member("metadata")?.Text("invocationId") == invocation, $"it is of '{details.Member("metadata")?.Text("invocationId")}'");
        bool isKnown = builder is null || (signers[0].Value.Builders?.Contains(builder) ?? builder == ProvenanceWriter.Builder);
        if (!isKnown) context.Report("MESH9532", file, $"the key {signers[0].Key} does not sign for the builder '{builder}'");
        foreach (var parameter in definition.Member("externalParameters") is { ValueKind: JsonValueKind.Object } given ? given.EnumerateObject() : default)
        {
            if (!externalParameters.Contains(parameter.Name)) context.Report("MESH9533", file, $"the parameter '{parameter.Name}' is not known here");
        }

        return statement;

        void Require(bool holds, string problem)
        {
            if (!holds) context.Report("MESH9531", file, problem);
        }
    }

    private static JsonElement DefinitionOf(JsonElement statement) => statement.Member("predicate")?.Member("buildDefinition") ?? default;

    private static void CheckSubject(HandoffContext context, JsonElement statement, string file, string folder)
    {
        var named = statement.Items("subject").ToDictionary(subject => subject.Text("name") ?? "", subject => subject.Member("digest")?.Text("sha256") ?? "");
        foreach (string name in context.Folder.ListBelow(folder))
        {
            if (!named.TryGetValue(name, out string? digest)) context.Report("MESH9535", file, $"it says nothing of {name}");
            else if (digest != context.Folder.Digest(name).Sha256) context.Report("MESH9535", file, $"it is of another {name}, with SHA-256 {digest}");
        }
    }

    private static void CheckDependencies(HandoffContext context, JsonElement statement, string file)
    {
        var facts = context.Facts;
        foreach (var dependency in DefinitionOf(statement).Items("resolvedDependencies").Where(dependency => dependency.Text("uri") is null && dependency.Member("digest") is null))
        {
            context.Report("MESH9534", file, $"the dependency '{dependency.Text("name")}' has neither 'uri' nor 'digest'");
        }

        Expect("mesh:recordings", Governance.Gates.GateEvaluator.DigestOf(facts.Lineage.Recordings.Select(recording => recording.IngestId)));
        if (facts.Spec is not { } spec) return;
        Expect(HandoffFiles.JobSpec, context.Folder.Digest(HandoffFiles.JobSpec).Sha256);
        foreach (var (uri, sha256) in spec.Inputs.Select(ProvenanceWriter.DigestOf)) Expect(uri, sha256);
        foreach (var holdout in spec.Holdouts) Expect($"mesh:holdout/{holdout.Name}", holdout.Digest);

        void Expect(string uri, string sha256) => ProvenanceCheck.Expect(context, statement, file, uri, sha256, "the job");
    }

    private static void Expect(HandoffContext context, JsonElement statement, string file, string uri, string sha256, string reader)
    {
        string? digest = DefinitionOf(statement).Items("resolvedDependencies").FirstOrDefault(dependency => dependency.Text("uri") == uri).Member("digest")?.Text("sha256");
        if (digest is null) context.Report("MESH9534", file, $"it names no digest of {uri}, which {reader} read");
        else if (digest != sha256) context.Report("MESH9536", file, $"it gives {uri} the digest {digest}, the bundle has {sha256}");
    }
}
