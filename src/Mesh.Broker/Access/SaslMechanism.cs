using System.Security.Cryptography;

namespace Mesh.Broker.Access;

/// <summary>Ways to authenticate that the broker offers.</summary>
internal enum SaslMechanism
{
    /// <summary>RFC 4616: the password itself.</summary>
    Plain,

    /// <summary>RFC 7677.</summary>
    ScramSha256,

    /// <summary>RFC 5802 with SHA-512, as Kafka names it.</summary>
    ScramSha512,
}

/// <summary>Names and hashes of the mechanisms.</summary>
internal static class SaslMechanisms
{
    /// <summary>In the order they are told to clients.</summary>
    public static readonly IReadOnlyList<string> Names = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

    public static SaslMechanism? Find(string name) => name switch
    {
        "PLAIN" => SaslMechanism.Plain,
        "SCRAM-SHA-256" => SaslMechanism.ScramSha256,
        "SCRAM-SHA-512" => SaslMechanism.ScramSha512,
        _ => null,
    };

    public static HashAlgorithmName Hash(this SaslMechanism mechanism) =>
        mechanism == SaslMechanism.ScramSha512 ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256;
}
