using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Model;
using Mesh.Training.Governance.Audit;

namespace Mesh.Training.Handoff.Signing;

/// <summary>A signed document in DSSE 1.0 (secure-systems-lab/dsse, <c>protocol.md</c> and <c>envelope.md</c>).</summary>
/// <param name="PayloadType">What the payload is.</param>
/// <param name="Payload">The exact bytes that were signed; never serialised again before they are verified.</param>
/// <param name="Signatures">Signatures with the key's name, which is a hint and no more.</param>
internal sealed record DsseEnvelope(string PayloadType, byte[] Payload, IReadOnlyList<(string KeyId, byte[] Signature)> Signatures)
{
    /// <summary>Type of an in-toto statement.</summary>
    public const string InTotoType = "application/vnd.in-toto+json";

    /// <summary>What is signed: the pre-authentication encoding.</summary>
    public static byte[] Encode(string payloadType, ReadOnlySpan<byte> payload)
    {
        byte[] head = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"DSSEv1 {Encoding.UTF8.GetByteCount(payloadType)} {payloadType} {payload.Length} "));
        return [.. head, .. payload];
    }

    /// <summary>Signs an in-toto statement.</summary>
    /// <param name="payload">The statement.</param>
    /// <param name="key">The key.</param>
    /// <param name="keyId">Name of the key in the envelope; null to leave it out, as OMS prefers.</param>
    public static JsonObject Sign(byte[] payload, SigningKey key, string? keyId)
    {
        var signature = new JsonObject { ["sig"] = Convert.ToBase64String(key.Sign(Encode(InTotoType, payload))) };
        if (keyId is not null) signature["keyid"] = keyId;
        return new JsonObject { ["payload"] = Convert.ToBase64String(payload), ["payloadType"] = InTotoType, ["signatures"] = new JsonArray(signature) };
    }

    /// <summary>Reads an envelope.</summary>
    /// <exception cref="MeshException">The code given, when it is none.</exception>
    public static DsseEnvelope Parse(JsonElement element, string code, string file)
    {
        if (element.Text("payloadType") is not { Length: > 0 } type) throw new MeshException(code, $"{file} has no DSSE envelope: it lacks 'payloadType'.");
        if (element.Text("payload") is not { } payload) throw new MeshException(code, $"{file} has no DSSE envelope: it lacks 'payload'.");
        var signatures = new List<(string, byte[])>();
        try
        {
            foreach (var signature in element.Items("signatures"))
            {
                signatures.Add((signature.Text("keyid") ?? "", Convert.FromBase64String(signature.Text("sig") ?? throw new FormatException("a signature lacks 'sig'"))));
            }

            if (signatures.Count == 0) throw new MeshException(code, $"{file} is not signed.");
            return new DsseEnvelope(type, Convert.FromBase64String(payload), signatures);
        }
        catch (FormatException exception)
        {
            throw new MeshException(code, $"{file}: {exception.Message}", innerException: exception);
        }
    }

    /// <summary>Whether a key signed it.</summary>
    public bool IsSignedBy(string publicPem)
    {
        byte[] encoded = Encode(PayloadType, Payload);
        return Signatures.Any(signature => SigningKey.IsSignedBy(publicPem, encoded, signature.Signature));
    }
}
