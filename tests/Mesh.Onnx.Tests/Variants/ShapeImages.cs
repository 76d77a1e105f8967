namespace Mesh.Onnx.Tests.Variants;

/// <summary>Images of 16 × 16 with a ring, a square, a triangle or a cross, of changing place, size and brightness, in noise.</summary>
internal static class ShapeImages
{
    public const int Size = 16;
    public const int Classes = 4;

    public static (float[][] Images, int[] Labels) Make(int seed, int count)
    {
        var random = new Random(seed);
        var images = new float[count][];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++)
        {
            labels[i] = random.Next(Classes);
            images[i] = Draw(random, labels[i]);
        }

        return (images, labels);
    }

    private static float[] Draw(Random random, int shape)
    {
        float[] image = new float[Size * Size];
        double radius = 3 + (random.NextDouble() * 3), x = 6 + (random.NextDouble() * 4), y = 6 + (random.NextDouble() * 4), light = 0.7 + (random.NextDouble() * 0.6);
        for (int row = 0; row < Size; row++)
        {
            for (int column = 0; column < Size; column++)
            {
                double dx = column - x, dy = row - y;
                bool inside = shape switch
                {
                    0 => Math.Abs(Math.Sqrt((dx * dx) + (dy * dy)) - radius) < 1,
                    1 => Math.Abs(Math.Max(Math.Abs(dx), Math.Abs(dy)) - radius) < 1,
                    2 => dy < radius * 0.8 && dy > -radius && Math.Abs(dx) < (dy + radius) * 0.6,
                    _ => (Math.Abs(dx) < 1 && Math.Abs(dy) < radius) || (Math.Abs(dy) < 1 && Math.Abs(dx) < radius),
                };
                image[(row * Size) + column] = (float)((inside ? light : 0) + ((random.NextDouble() - 0.5) * 1.6));
            }
        }

        return image;
    }
}
