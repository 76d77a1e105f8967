using System.Globalization;
using System.Security.Cryptography;
using Mesh.Model;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>A recording that a vehicle sends.</summary>
/// <param name="Content">What is in it.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="Vehicle">Whose.</param>
/// <param name="Session">Which drive of it.</param>
internal sealed record Upload(Content Content, string Path, string Vehicle, string Session)
{
    /// <summary>Ingest id it must get.</summary>
    public string IngestId { get; } = Model.IngestId.Compute(SHA256.HashData(File.ReadAllBytes(Path)), Vehicle, Session).ToString();

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{IngestId[..12]} ({Content.Number} {Content.Format} {Content.Fault})");
}
