using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Mesh.Model;

namespace Mesh.Upload;

/// <summary>Keeps vehicle identification numbers out of the lake.</summary>
public static partial class VehiclePseudonym
{
    /// <summary>
    /// The pseudonym to store for what the producer called the vehicle: the name itself, or a keyed hash when it looks like a VIN
    /// (ISO 3779: 17 letters and digits without I, O and Q).
    /// </summary>
    /// <exception cref="MeshException">
    /// <c>MESH1003</c> when it is missing or not a name, <c>MESH1004</c> when it looks like a VIN and there is no key.
    /// </exception>
    public static string Of(string? vehicle, string? vinKey)
    {
        if (string.IsNullOrEmpty(vehicle) || !Name().IsMatch(vehicle))
        {
            throw new MeshException("MESH1003", $"'{vehicle}' is not a vehicle id: give 1 to 64 letters, digits, '-', '_', '.' or ':' (`--vehicle ID`, or `vehicle` in Upload-Metadata).");
        }

        if (!Vin().IsMatch(vehicle)) return vehicle;
        if (string.IsNullOrEmpty(vinKey))
        {
            throw new MeshException("MESH1004", "The vehicle id looks like a VIN, which is personal data. Send a pseudonym, or set `privacy.vinKey` so that Mesh makes one.");
        }

        byte[] hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(vinKey), Encoding.UTF8.GetBytes(vehicle.ToUpperInvariant()));
        return "v-" + Convert.ToHexStringLower(hash.AsSpan(0, 10));
    }

    [GeneratedRegex("^[A-Za-z0-9._:-]{1,64}$")]
    private static partial Regex Name();

    [GeneratedRegex("^[A-HJ-NPR-Za-hj-npr-z0-9]{17}$")]
    private static partial Regex Vin();
}
