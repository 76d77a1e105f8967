using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Model;

namespace Mesh.Training.Governance.Audit;

/// <summary>An entry of the decision log, <c>mesh.decision/v1</c>: who decided what about which version, when, why and on what evidence.</summary>
public sealed record Decision
{
    /// <summary>The form's name and version.</summary>
    public const string SchemaName = "mesh.decision/v1";

    /// <summary>What stands in place of the hash before the first entry.</summary>
    public const string NoPrevious = "0000000000000000000000000000000000000000000000000000000000000000";

    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    private static readonly JsonSerializerOptions Json = new(TrainingJson.Options) { UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow };

    /// <summary>Always <see cref="SchemaName"/>.</summary>
    public string Schema { get; init; } = SchemaName;

    /// <summary>Its place, from 1.</summary>
    public required long Sequence { get; init; }

    /// <summary>Hash of the entry before it.</summary>
    public required string Previous { get; init; }

    /// <summary>What was decided.</summary>
    public required DecisionKind Kind { get; init; }

    /// <summary><c>NAME@VERSION</c> of a model, or <c>identity:NAME</c>, <c>recording:ID</c>, <c>holdout:NAME</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>SHA-256 of the model's file; empty where the subject is no model.</summary>
    public required string SubjectSha256 { get; init; }

    /// <summary>Identity that decided.</summary>
    public required string Actor { get; init; }

    /// <summary>Person behind the identity.</summary>
    public required string Person { get; init; }

    /// <summary>Fingerprint of the key that signed: SHA-256 of the public key's SubjectPublicKeyInfo.</summary>
    public required string KeySha256 { get; init; }

    /// <summary>Roles of the identity, in ordinal order.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>Why, in the actor's words.</summary>
    public required string Reason { get; init; }

    /// <summary>When; UTC, <c>2026-11-30T09:00:00.000000Z</c>.</summary>
    public required string At { get; init; }

    /// <summary>What belongs to the kind: states, aliases, results of gates.</summary>
    public required JsonObject Details { get; init; }

    /// <summary>What it rests on.</summary>
    public required IReadOnlyList<Evidence> Evidence { get; init; }

    /// <summary>The entry in the form that is hashed and signed (<see cref="CanonicalJson"/>).</summary>
    public string ToCanonical() => CanonicalJson.Of(JsonSerializer.SerializeToNode(this, Json));

    /// <summary>SHA-256 of a canonical form, lower-case hex.</summary>
    public static string HashOf(string canonical) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)));

    /// <summary>Reads an entry.</summary>
    /// <exception cref="MeshException"><c>MESH9602</c> when the text is none.</exception>
    public static Decision Parse(string text)
    {
        try
        {
            var decision = JsonSerializer.Deserialize<Decision>(text, Json);
            if (decision?.Schema != SchemaName) throw new MeshException("MESH9602", $"The entry's schema is '{decision?.Schema}', expected {SchemaName}.");
            return decision;
        }
        catch (JsonException exception)
        {
            throw new MeshException("MESH9602", $"This is no entry of a decision log: {exception.Message}", innerException: exception);
        }
    }

    /// <summary>A moment as entries have it.</summary>
    public static string TimeOf(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>The moment an entry names; null when it is none.</summary>
    public static DateTimeOffset? TimeFrom(string text) =>
        DateTimeOffset.TryParseExact(text, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
