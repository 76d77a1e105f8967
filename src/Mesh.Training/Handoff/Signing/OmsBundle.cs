using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Model;
using Mesh.Training.Governance.Audit;

namespace Mesh.Training.Handoff.Signing;

/// <summary>
/// A signature over the files of a folder: OpenSSF Model Signing 1.0, which is a Sigstore bundle 0.3 around a DSSE envelope around an in-toto
/// statement that lists the files. Mesh writes the method <c>key</c> and reads all three.
/// </summary>
/// <remarks>
/// <c>MESH9520</c> no such bundle; <c>MESH9521</c> its statement is none of OMS; <c>MESH9522</c> its list is empty, out of order or has a file
/// twice; <c>MESH9523</c> the digest of the list is another; <c>MESH9526</c> it is made in a way that is not accepted here.
/// </remarks>
internal sealed record OmsBundle
{
    public const string PredicateType = "https://model_signing/signature/v1.0";

    private const string StatementType = "https://in-toto.io/Statement/v1";
    private const string MediaTypePrefix = "application/vnd.dev.sigstore.bundle";
    private static readonly string[] Ignored = [".git", ".gitattributes", ".github", ".gitignore"];

    /// <summary><c>key</c>, <c>certificate</c> or <c>sigstore</c>.</summary>
    public required string Method { get; init; }

    /// <summary>What names the key: SHA-256 of its PEM, end of line included; empty for other methods.</summary>
    public string Hint { get; init; } = "";

    /// <summary>Public key of the first certificate in PEM; empty for the method <c>key</c>.</summary>
    public string CertifiedKey { get; init; } = "";

    public required DsseEnvelope Envelope { get; init; }

    public required IReadOnlyList<OmsResource> Resources { get; init; }

    /// <summary>SHA-256 over the digests. It does not cover the names, so it identifies nothing by itself.</summary>
    public required string Root { get; init; }

    /// <summary>Paths left out of the list by name, the default ones not counted.</summary>
    public required IReadOnlyList<string> IgnoredPaths { get; init; }

    /// <summary>The name OMS gives to a key: SHA-256 of its PEM as the reference implementation writes it, with the line's end.</summary>
    public static string HintOf(string publicPem) => HandoffJson.Sha256(Encoding.ASCII.GetBytes(publicPem.TrimEnd() + "\n"));

    /// <summary>Digest of a list (OMS 1.0, 6.5.1).</summary>
    public static string RootOf(IEnumerable<OmsResource> resources) => HandoffJson.Sha256([.. resources.SelectMany(resource => Convert.FromHexString(resource.Digest))]);

    /// <summary>Signs a list of files.</summary>
    /// <param name="name">Name of the folder.</param>
    /// <param name="resources">The files, in any order.</param>
    /// <param name="key">The key.</param>
    public static byte[] Sign(string name, IEnumerable<OmsResource> resources, SigningKey key)
    {
        OmsResource[] sorted = [.. resources.OrderBy(resource => resource.Name, CodePointOrder.Instance)];
        var statement = new JsonObject
        {
            ["_type"] = StatementType,
            ["subject"] = new JsonArray(new JsonObject { ["name"] = name, ["digest"] = new JsonObject { ["sha256"] = RootOf(sorted) } }),
            ["predicateType"] = PredicateType,
            ["predicate"] = new JsonObject
            {
                ["resources"] = new JsonArray([.. sorted.Select(resource => new JsonObject { ["name"] = resource.Name, ["algorithm"] = resource.Algorithm, ["digest"] = resource.Digest })]),
                ["serialization"] = new JsonObject
                {
                    ["method"] = "files", ["hash_type"] = "sha256", ["allow_symlinks"] = false, ["ignore_paths"] = new JsonArray([.. Ignored.Select(path => JsonValue.Create(path))]),
                },
            },
        };
        return Sign(HandoffJson.Write(statement), key);
    }

    internal static byte[] Sign(byte[] statement, SigningKey key) => HandoffJson.Write(new JsonObject
    {
        ["mediaType"] = $"{MediaTypePrefix}.v0.3+json",
        ["verificationMaterial"] = new JsonObject { ["publicKey"] = new JsonObject { ["hint"] = HintOf(key.PublicPem) }, ["tlogEntries"] = new JsonArray() },
        ["dsseEnvelope"] = DsseEnvelope.Sign(statement, key, null),
    });

    /// <summary>Reads a signature; whether it is genuine is another question.</summary>
    /// <exception cref="MeshException">See the remarks.</exception>
    public static OmsBundle Parse(ReadOnlyMemory<byte> bytes, string file)
    {
        var root = HandoffJson.Parse(bytes, "MESH9520", file);
        if (root.Text("mediaType") is not { } media || !media.StartsWith(MediaTypePrefix, StringComparison.Ordinal)) throw None(file, "'mediaType' is not that of a Sigstore bundle");
        if (root.Member("verificationMaterial") is not { ValueKind: JsonValueKind.Object } material) throw None(file, "it has no 'verificationMaterial'");
        if (root.Member("dsseEnvelope") is not { } element) throw None(file, "it has no 'dsseEnvelope'");
        var (method, hint, key) = ReadMaterial(material, file);
        var envelope = DsseEnvelope.Parse(element, "MESH9520", file);
        if (envelope.PayloadType != DsseEnvelope.InTotoType) throw new MeshException("MESH9521", $"{file} signs '{envelope.PayloadType}', not an in-toto statement.");
        var statement = HandoffJson.Parse(envelope.Payload, "MESH9521", $"the statement in {file}");
        if (statement.Text("_type") != StatementType) throw new MeshException("MESH9521", $"The statement in {file} has type '{statement.Text("_type")}', expected {StatementType}.");
        if (statement.Text("predicateType") != PredicateType) throw new MeshException("MESH9521", $"The statement in {file} is of '{statement.Text("predicateType")}', expected {PredicateType}.");
        var resources = ReadResources(statement, file);
        var ignored = CheckSerialization(statement, file);
        string rootDigest = RootOf(resources);
        if (statement.Items("subject").ToList() is not [var subject] || subject.Member("digest")?.Text("sha256") != rootDigest)
        {
            throw new MeshException("MESH9523", $"The files listed in {file} have the digest {rootDigest} together, which is not the one subject that it names.");
        }

        return new OmsBundle { Method = method, Hint = hint, CertifiedKey = key, Envelope = envelope, Resources = resources, Root = rootDigest, IgnoredPaths = ignored };
    }

    /// <summary>Whether a key signed it, and it says so itself.</summary>
    public bool IsSignedBy(string publicPem) => (Method != "key" || Hint == HintOf(publicPem)) && Envelope.IsSignedBy(publicPem);

    private static (string Method, string Hint, string Key) ReadMaterial(JsonElement material, string file)
    {
        if (material.Member("publicKey") is { } key)
        {
            // Bundles older than 1.1 of the reference implementation carry the key itself; whom to trust is decided elsewhere in either case.
            return key.Text("hint") is { Length: > 0 } hint ? ("key", hint, "") : throw None(file, "its 'publicKey' has no 'hint'");
        }

        if (material.Member("x509CertificateChain") is { } chain)
        {
            return chain.Items("certificates").FirstOrDefault() is { ValueKind: JsonValueKind.Object } leaf ? ("certificate", "", KeyOf(leaf, file)) : throw None(file, "its certificate chain is empty");
        }

        if (material.Member("certificate") is not { } certificate) throw None(file, "'verificationMaterial' has neither a key nor a certificate");
        return material.Items("tlogEntries").Any() ? ("sigstore", "", KeyOf(certificate, file)) : throw None(file, "a certificate of Sigstore needs an entry of its log in 'tlogEntries'");
    }

    private static string KeyOf(JsonElement certificate, string file)
    {
        try
        {
            using var read = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(certificate.Text("rawBytes") ?? ""));
            return read.PublicKey.GetECDsaPublicKey()?.ExportSubjectPublicKeyInfoPem() ?? throw None(file, "its certificate has no key on an elliptic curve");
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException)
        {
            throw None(file, $"its certificate cannot be read: {exception.Message}");
        }
    }

    private static List<OmsResource> ReadResources(JsonElement statement, string file)
    {
        var resources = new List<OmsResource>();
        foreach (var item in statement.Member("predicate")?.Items("resources") ?? [])
        {
            if (item.Text("name") is not { Length: > 0 } name || item.Text("algorithm") is not { } algorithm || item.Text("digest") is not { } digest)
            {
                throw new MeshException("MESH9521", $"A file listed in {file} lacks 'name', 'algorithm' or 'digest'.");
            }

            if (algorithm != "sha256" || !HandoffJson.IsSha256(digest)) throw new MeshException("MESH9526", $"{file} gives the digest of '{name}' as {algorithm} {digest}; here it must be sha256 in lower-case hex.");
            if (resources.Count > 0 && CodePointOrder.Instance.Compare(resources[^1].Name, name) >= 0)
            {
                throw new MeshException("MESH9522", $"'{name}' stands after '{resources[^1].Name}' in {file}; files are listed once each, in the order of their names' code points.");
            }

            resources.Add(new OmsResource(name, algorithm, digest));
        }

        return resources.Count > 0 ? resources : throw new MeshException("MESH9522", $"{file} lists no file.");
    }

    private static string[] CheckSerialization(JsonElement statement, string file)
    {
        if (statement.Member("predicate")?.Member("serialization") is not { } serialization) throw new MeshException("MESH9521", $"{file} does not say how its files were listed ('serialization').");
        if (serialization.Text("method") != "files" || serialization.Member("shard_size") is not null) throw new MeshException("MESH9526", $"{file} lists files by the method '{serialization.Text("method")}'; here it must be whole files.");
        if (serialization.Text("hash_type") != "sha256") throw new MeshException("MESH9526", $"{file} uses '{serialization.Text("hash_type")}'; here it must be sha256.");
        if (serialization.Member("allow_symlinks")?.ValueKind != JsonValueKind.False) throw new MeshException("MESH9526", $"{file} allows symbolic links; a hand-off has none.");
        return [.. serialization.Items("ignore_paths").Select(path => path.GetString() ?? "").Except(Ignored)];
    }

    private static MeshException None(string file, string why) => new("MESH9520", $"{file} is no OpenSSF Model Signing bundle: {why}.");
}
