using System.Text;

namespace Mesh.Columnar.Tests.Compression;

/// <summary>Bytes of the kinds that drive a codec into its different paths.</summary>
internal static class Payloads
{
    public static IEnumerable<byte[]> All(int seed)
    {
        var random = new Random(seed);
        yield return [];
        yield return [42];
        yield return Encoding.UTF8.GetBytes("abcabcabcabcabcabcabcabcabcabcabcabcabcabc");
        yield return new byte[300_000];
        yield return Random(random, 70_000);
        yield return Text(random, 1_000);
        yield return Text(random, 400_000);
        yield return Numbers(random, 100_000);
        yield return [.. Random(random, 5_000), .. new byte[200_000], .. Text(random, 150_000), .. Random(random, 300)];
        yield return Skewed(random, 200_000);
        for (int i = 0; i < 20; i++) yield return Text(random, random.Next(1, 3_000));
    }

    public static byte[] Random(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    public static byte[] Text(Random random, int length)
    {
        string[] words = ["lidar", "camera", "imu", "steering angle", "{\"x\":", "0.125", "\n", ", ", "Straße", "velocity"];
        var text = new StringBuilder();
        while (text.Length < length) text.Append(words[random.Next(words.Length)]).Append(random.Next(50));
        return Encoding.UTF8.GetBytes(text.ToString())[..length];
    }

    private static byte[] Numbers(Random random, int count)
    {
        var bytes = new byte[count * 8];
        double value = 0;
        for (int i = 0; i < count; i++)
        {
            value += Math.Round(random.NextDouble() - 0.5, 2);
            BitConverter.TryWriteBytes(bytes.AsSpan(i * 8), value);
        }

        return bytes;
    }

    /// <summary>Few distinct bytes without repeats: literals compressed by entropy coding alone.</summary>
    private static byte[] Skewed(Random random, int length)
    {
        var bytes = new byte[length];
        for (int i = 0; i < length; i++) bytes[i] = (byte)(random.NextDouble() * random.NextDouble() * random.NextDouble() * 60);
        return bytes;
    }
}
