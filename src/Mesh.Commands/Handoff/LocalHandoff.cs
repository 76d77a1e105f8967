using Mesh.Lakehouse.Metadata;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Handoff;
using Mesh.Training.Handoff.Signing;

namespace Mesh.Commands.Handoff;

/// <summary>Hand-offs in this process: within the server, or on a state directory that none has.</summary>
/// <param name="database">Registry, jobs and decisions.</param>
/// <param name="governance">Decisions.</param>
/// <param name="key">The server's key, which signs bundles.</param>
/// <param name="jobsFolder">Folder of the jobs.</param>
/// <param name="time">Clock.</param>
public sealed class LocalHandoff(MetadataDatabase database, ModelGovernance governance, SigningKey key, string jobsFolder, TimeProvider time) : IHandoff
{
    private readonly HandoffWriter writer = new(database, governance, time);

    /// <inheritdoc/>
    public async Task<HandoffResult> HandOverAsync(string model, string folder, CancellationToken cancellationToken)
    {
        var reference = ModelReference.Parse(model);
        int version = await governance.ResolveAsync(reference, cancellationToken).ConfigureAwait(false);
        return await writer.WriteAsync(
            new HandoffRequest { Name = reference.Name, Version = version, Target = folder, JobsFolder = jobsFolder, CodeVersion = MeshVersion.Text, Key = key }, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<TrustFile> GetTrustAsync(CancellationToken cancellationToken)
    {
        var (entries, head) = await governance.Log.HeadAsync(cancellationToken).ConfigureAwait(false);
        return new TrustFile
        {
            Signers =
            [
                .. (await governance.Identities.ListAsync(cancellationToken).ConfigureAwait(false)).Select(identity => new TrustedSigner(
                    identity.Name, identity.KeySha256, identity.PublicKey, identity.Name == Identity.Server ? [TrustFile.KnownBuilder] : [])),
            ],
            Policies = [governance.Lifecycle.Sha256],
            Anchor = entries == 0 ? null : head,
        };
    }
}
