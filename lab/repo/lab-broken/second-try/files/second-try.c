#ifdef FIRST_TRY
#error "this machine had a bad moment"
#endif
int main(void)
{
    return 0;
}
