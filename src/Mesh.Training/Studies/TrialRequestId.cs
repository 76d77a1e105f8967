using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Mesh.Training.Studies;

/// <summary>
/// Identity of a trial's request, as that of a firing is for a rule: lower-case hex SHA-256 over the word <c>study</c>, the study's name, the trial's
/// number and its round (decimal), each in UTF-8 and preceded by its length as a big-endian 32-bit integer. A trial that was stopped runs again in
/// another round.
/// </summary>
public static class TrialRequestId
{
    /// <summary>Computes the identity.</summary>
    public static string Compute(string study, int number, int round)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (string field in (ReadOnlySpan<string>)["study", study, FormattableString.Invariant($"{number}"), FormattableString.Invariant($"{round}")])
        {
            byte[] bytes = Encoding.UTF8.GetBytes(field);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
