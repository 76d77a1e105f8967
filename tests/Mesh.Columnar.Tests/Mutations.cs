namespace Mesh.Columnar.Tests;

/// <summary>Damage of the kinds that storage and networks do, and some that only malice does.</summary>
internal static class Mutations
{
    public static byte[] Of(ReadOnlySpan<byte> valid, Random random)
    {
        byte[] bytes = valid.ToArray();
        switch (random.Next(6))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                return [.. bytes, .. bytes.AsSpan(0, random.Next(bytes.Length))];
            case 2:
                int from = random.Next(bytes.Length);
                return [.. bytes.AsSpan(0, from), .. bytes.AsSpan(Math.Min(bytes.Length, from + random.Next(1, 5)))];
            case 3:
                bytes.AsSpan(random.Next(bytes.Length)).Slice(0, 1).Fill(random.Next(2) == 0 ? (byte)0xFF : (byte)0);
                return bytes;
            default:
                for (int i = random.Next(1, 4); i > 0; i--) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
        }
    }
}
