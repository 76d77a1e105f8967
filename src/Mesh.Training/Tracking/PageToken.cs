using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Mesh.Training.Tracking;

/// <summary>Where an answer goes on: how much was given, bound to what was asked, so that a token of another question is noticed.</summary>
internal static class PageToken
{
    private const int MarkBytes = 8;

    public static string Make(string question, long offset)
    {
        byte[] token = new byte[MarkBytes + sizeof(long)];
        MarkOf(question).CopyTo(token);
        BinaryPrimitives.WriteInt64BigEndian(token.AsSpan(MarkBytes), offset);
        return Convert.ToBase64String(token).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    /// <exception cref="TrackingException"><c>MESH9309</c>.</exception>
    public static long Read(string question, string? token)
    {
        if (string.IsNullOrEmpty(token)) return 0;
        string padded = token.Replace('-', '+').Replace('_', '/') + new string('=', (4 - (token.Length % 4)) % 4);
        Span<byte> bytes = stackalloc byte[32];
        if (token.Length < 40 && Convert.TryFromBase64String(padded, bytes, out int length) && length == MarkBytes + sizeof(long)
            && bytes[..MarkBytes].SequenceEqual(MarkOf(question)) && BinaryPrimitives.ReadInt64BigEndian(bytes[MarkBytes..]) is >= 0 and var offset)
        {
            return offset;
        }

        throw new TrackingException("MESH9309", "The page token is not one of this question. Ask for the first page without one, and for the next with the token of the answer, filter and order unchanged.");
    }

    private static ReadOnlySpan<byte> MarkOf(string question) => SHA256.HashData(Encoding.UTF8.GetBytes(question)).AsSpan(0, MarkBytes);
}
