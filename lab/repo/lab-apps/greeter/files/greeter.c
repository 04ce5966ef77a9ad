#include <stdio.h>
#include <canvas.h>
#include <checksum.h>
#include <logkit.h>
#include <textkit.h>
#include <unitable.h>

int main(void)
{
    char line[128], backwards[128], sentence[512];
    canvas_line("foot", 100, line, sizeof line);
    textkit_reverse("!mraws eht morf olleH", backwards, sizeof backwards);
    snprintf(sentence, sizeof sentence,
             "%s I am linked to textkit %s, checksum %s, unitable %s, canvas %s and logkit %s.",
             backwards, textkit_version(), checksum_version(), unitable_version(), canvas_version(),
             logkit_version());
    logkit_say(sentence);
    logkit_say(line);
    return checksum_adler32(sentence, 5) == 0;
}
