/** Loads each library that it is given, and prints what came of it: a line for each. */
public class Load {
    public static void main(String[] paths) {
        for (String path : paths) {
            System.out.print(path + "\t");
            System.out.flush();
            try {
                System.load(path);
                System.out.println("loaded");
            } catch (UnsatisfiedLinkError error) {
                System.out.println(error);
            }
        }
    }
}
