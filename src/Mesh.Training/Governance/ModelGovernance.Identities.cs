using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Governance.Audit;

namespace Mesh.Training.Governance;

/// <summary>Whom Mesh knows. Whoever may write to the state directory, or has the server's token, says so; the log says when.</summary>
public sealed partial class ModelGovernance
{
    /// <summary>Registers a public key. Further keys of a name come with the same person and roles.</summary>
    /// <exception cref="MeshException"><c>MESH9634</c>, or <c>MESH9605</c> for the key.</exception>
    public async Task<Identity> RegisterAsync(IdentityRequest request, CancellationToken cancellationToken)
    {
        if (!IdentityName().IsMatch(request.Name) || !IdentityName().IsMatch(request.PersonOrName)) throw new MeshException("MESH9634", $"'{request.Name}' is no name of an identity or person: letters, digits, '-', '_', '.' and '@', at most 100.");
        if (request.Name == Identity.Server || request.PersonOrName == Identity.Server) throw new MeshException("MESH9634", "'server' is the identity of Mesh itself; choose another name.");
        string[] roles = [.. request.Roles.Distinct().Order(StringComparer.Ordinal)];
        if (roles.FirstOrDefault(role => !AliasName().IsMatch(role)) is { } bad) throw new MeshException("MESH9634", $"'{bad}' is no role: lower-case letters, digits and '-', beginning with a letter.");
        var identity = new Identity
        {
            Name = request.Name,
            Person = request.PersonOrName,
            Roles = roles,
            KeySha256 = SigningKey.FingerprintOf(request.PublicKey),
            PublicKey = request.PublicKey,
            CreatedAt = UnixMicros.ToTime(UnixMicros.Of(time.GetUtcNow())),
        };
        await database.WriteAsync(
            async transaction =>
            {
                if (await IdentityStore.FindByKeyAsync(transaction, identity.KeySha256).ConfigureAwait(false) is { } same)
                {
                    throw new MeshException("MESH9634", $"The key {identity.KeySha256} is registered already, for {same.Name}.");
                }

                if (await IdentityStore.ListByNameAsync(transaction, identity.Name).ConfigureAwait(false) is [var known, ..]
                    && (known.Person != identity.Person || !known.Roles.SequenceEqual(identity.Roles)))
                {
                    throw new MeshException("MESH9634", $"{identity.Name} is registered as {known.Person} with the roles {Names(known.Roles)}; another key needs the same. Choose another name for other roles.");
                }

                await AnnounceAsync(transaction, identity, "registered", $"key of {identity.Name} registered").ConfigureAwait(false);
                await IdentityStore.AddAsync(transaction, identity).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return identity;
    }

    /// <summary>Takes the validity from a key; what it signed before stays signed.</summary>
    /// <exception cref="MeshException"><c>MESH9621</c> when it is unknown.</exception>
    public async Task<Identity> RevokeAsync(string keySha256, string reason, CancellationToken cancellationToken) => await database.WriteAsync(
        async transaction =>
        {
            var identity = await IdentityStore.FindByKeyAsync(transaction, keySha256).ConfigureAwait(false);
            if (identity is null || identity.Name == Identity.Server || identity.RevokedAt is not null)
            {
                throw new MeshException("MESH9621", $"There is no valid key {keySha256} of a person. `mesh identity list` shows them.");
            }

            await AnnounceAsync(transaction, identity, "revoked", reason).ConfigureAwait(false);
            await IdentityStore.RevokeAsync(transaction, keySha256, time.GetUtcNow()).ConfigureAwait(false);
            return identity;
        },
        cancellationToken).ConfigureAwait(false);

    private Task<SignedDecision> AnnounceAsync(MetadataTransaction transaction, Identity identity, string change, string reason) => AppendOwnAsync(
        transaction, DecisionKind.Identity, $"identity:{identity.Name}", "", reason,
        new JsonObject
        {
            ["change"] = change,
            ["name"] = identity.Name,
            ["person"] = identity.Person,
            ["roles"] = new JsonArray([.. identity.Roles.Select(role => JsonValue.Create(role))]),
            ["key_sha256"] = identity.KeySha256,
            ["public_key"] = identity.PublicKey,
        });

    /// <summary>Adds an entry that Mesh itself signs.</summary>
    private async Task<SignedDecision> AppendOwnAsync(
        MetadataTransaction transaction, DecisionKind kind, string subject, string subjectSha256, string reason, JsonObject details)
    {
        var self = await IdentityStore.FindByKeyAsync(transaction, server.Sha256).ConfigureAwait(false);
        if (self is null)
        {
            self = new Identity
            {
                Name = Identity.Server, Person = Identity.Server, Roles = [Identity.Server], KeySha256 = server.Sha256, PublicKey = server.PublicPem, CreatedAt = time.GetUtcNow(),
            };
            await IdentityStore.AddAsync(transaction, self).ConfigureAwait(false);
            await AnnounceAsync(transaction, self, "registered", "key of this server").ConfigureAwait(false);
        }

        var (sequence, hash) = await DecisionLog.HeadAsync(transaction).ConfigureAwait(false);
        var decision = new Decision
        {
            Sequence = sequence + 1,
            Previous = hash,
            Kind = kind,
            Subject = subject,
            SubjectSha256 = subjectSha256,
            Actor = self.Name,
            Person = self.Person,
            KeySha256 = self.KeySha256,
            Roles = self.Roles,
            Reason = reason,
            At = Decision.TimeOf(time.GetUtcNow()),
            Details = (JsonObject)details.DeepClone(),
            Evidence = [],
        };
        var signed = server.Sign(decision.ToCanonical());
        await DecisionLog.AppendAsync(transaction, decision, signed).ConfigureAwait(false);
        return signed;
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$")]
    private static partial Regex IdentityName();
}
